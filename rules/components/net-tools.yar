rule net_tools
{
    meta:
        component = "net-tools"
        version = "^net-tools ([12]\\.[0-9]+)"
        type = "application"
        purl = "pkg:generic/net-tools"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "net-tools 1.60 => 1.60"
        miss = "net-tools 1"
    strings:
        $a = /net-tools 1\.[5-9][0-9]/
        $b = /net-tools 2\.[0-9]{1,2}/
    condition:
        any of them
}
