rule snort
{
    meta:
        component = "Snort"
        version = "Version ([23]\\.[0-9]+\\.[0-9.]*[0-9])"
        type = "application"
        cpe = "snort:snort"
        purl = "pkg:generic/snort"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Snort!\nVersion 2.9.15 GRE (Build 7) => 2.9.15"
        miss = "Version 2.9.15 GRE (Build 7)"
    strings:
        $a = /Version [23]\.[0-9]{1,2}\.[0-9.]{1,6} (GRE )?\(Build [0-9]+\)/
        $b = "Snort!"
    condition:
        $a and $b
}
