rule nftables
{
    meta:
        component = "nftables"
        version = "^([01]\\.[0-9](?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "netfilter:nftables"
        purl = "pkg:generic/nftables"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "nftables v%s (%s)\n1.0.6 => 1.0.6"
        miss = "nftables\n1.0.6"
    strings:
        $a = "nftables v%s (%s)\n"
    condition:
        $a
}

rule conntrack_tools
{
    meta:
        component = "conntrack-tools"
        version = "^([01]\\.[0-9](?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "netfilter:conntrack-tools"
        purl = "pkg:generic/conntrack-tools"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Command line interface for the connection tracking system. Version %s\n1.4.7 => 1.4.7"
        miss = "Command line interface\n1.4.7"
    strings:
        $a = "Command line interface for the connection tracking system. Version %s"
    condition:
        $a
}
