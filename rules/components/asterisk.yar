rule asterisk
{
    meta:
        component = "Asterisk"
        version = "([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "digium:asterisk"
        purl = "pkg:generic/asterisk"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Asterisk PBX 16.2.1 => 16.2.1"
        miss = "Asterisk PBX"
    strings:
        $a = /Asterisk PBX [0-9]{1,2}\.[0-9]/
        $b = /Asterisk [1-9][0-9]?\.[0-9]{1,2}\.[0-9]{1,2}, Copyright/
    condition:
        any of them
}
