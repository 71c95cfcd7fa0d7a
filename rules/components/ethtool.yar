rule ethtool
{
    meta:
        component = "ethtool"
        version = "version ([0-9](?:\\.[0-9]+)?)"
        type = "application"
        purl = "pkg:generic/ethtool"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "ethtool version 6.1 => 6.1"
        miss = "ethtool version x"
    strings:
        $a = /ethtool version [0-9]\.[0-9]/
        $b = /ethtool version [1-9]\x00/
    condition:
        any of them
}
