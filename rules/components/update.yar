rule swupdate
{
    meta:
        component = "SWUpdate"
        version = "v?(20[0-9]{2}\\.[0-9]{1,2}(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "swupdate:swupdate"
        purl = "pkg:generic/swupdate"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Swupdate v2018.11.0 => 2018.11.0"
        miss = "Swupdate"
    strings:
        $a = /Swupdate v20[0-9]{2}\.[0-9]{2}/
        $c = /SWUpdate v?20[0-9]{2}\.[0-9]{2}/
    condition:
        $a or $c
}

rule rauc
{
    meta:
        component = "RAUC"
        version = "^rauc (1\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "pengutronix:rauc"
        purl = "pkg:generic/rauc"
        license = "LGPL-2.1-only"
        target = "elf"
        hit = "rauc 1.8 => 1.8"
        miss = "rauc x"
    strings:
        $a = /rauc 1\.[0-9]/
    condition:
        $a
}
