rule wireless_tools
{
    meta:
        component = "wireless tools"
        version = "version ([0-9]{2})"
        type = "application"
        purl = "pkg:generic/wireless-tools"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "%-8.16s  Wireless-Tools version 29 => 29"
        miss = "Wireless Tools"
    strings:
        $b = /Wireless[- ]Tools version [0-9]{2}/
    condition:
        $b
}

rule iw
{
    meta:
        component = "iw"
        version = "^([3-6]\\.[0-9]{2}|[45]\\.[0-9])$"
        apart = 65536
        type = "application"
        purl = "pkg:generic/iw"
        license = "ISC"
        target = "elf"
        hit = "iw version %s\n5.19 => 5.19"
        miss = "raw version %d\n5.19"
    strings:
        $a = "iw version %s\n"
    condition:
        $a
}
