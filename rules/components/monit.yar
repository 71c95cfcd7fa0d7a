rule monit
{
    meta:
        component = "Monit"
        version = "[ /]([45]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "mmonit:monit"
        purl = "pkg:generic/monit"
        license = "AGPL-3.0-only"
        target = "elf"
        hit = "https://mmonit.com/monit/\nmonit 5.33.0 => 5.33.0"
        miss = "monit 5.33.0"
    strings:
        $a = /monit[ \/][45]\.[0-9]{1,2}(\.[0-9])?/
        $b = "https://mmonit.com/"
    condition:
        $a and $b
}
