rule isc_dhcp
{
    meta:
        component = "ISC DHCP"
        version = "^(?:isc-dhc(?:lient|pd)-)?[VR]?([1-4]\\.[0-9](?:\\.[0-9])?(?:-(?:P|ESV-R|RC)[0-9.]+(?:-P[0-9]+)?)?)$"
        apart = 262144
        type = "application"
        cpe = "isc:dhcp"
        purl = "pkg:generic/isc-dhcp"
        license = "MPL-2.0"
        target = "elf"
        hit = "Internet Systems Consortium DHCP Client\n4.4.3-P1 => 4.4.3-P1"
        hit = "isc-dhclient-V3.1.3 => 3.1.3"
        miss = "Internet Systems Consortium\n4.4.3"
    strings:
        $a = "Internet Systems Consortium DHCP Client"
        $b = "Internet Systems Consortium DHCP Server"
        $c = /isc-dhc(lient|pd)-[VR]?[1-4]\.[0-9]/
    condition:
        any of them
}

rule dhcpcd
{
    meta:
        component = "dhcpcd"
        version = "^dhcpcd[- ]([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "dhcpcd_project:dhcpcd"
        purl = "pkg:generic/dhcpcd"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "dhcpcd-9.4.1 starting => 9.4.1"
        miss = "dhcpcd-9.4.1 or another"
    strings:
        $a = /dhcpcd[- ][1-9][0-9]?\.[0-9]{1,2}\.[0-9]{1,2}( starting)?\x00/
        $b = /dhcpcd-[1-9][0-9]?\.[0-9]{1,2}\.[0-9]{1,2} starting/
    condition:
        any of them
}

rule udhcp
{
    meta:
        component = "udhcp"
        version = "^(?:udhcp.{0,10}\\(v?)?(0\\.9\\.[0-9](?:-pre)?|1\\.[0-9]{1,2}\\.[0-9]{1,2})(?:\\).*)?$"
        apart = 4096
        type = "application"
        cpe = "busybox:udhcp"
        purl = "pkg:generic/udhcp"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "udhcp client (v0.9.8) started => 0.9.8"
        hit = "udhcp server (v%s) started\n0.9.9-pre => 0.9.9-pre"
        miss = "udhcp client (version unknown)"
    strings:
        $a = /udhcp[cd]? ?\(v?0\.9\.[0-9]/
        $b = /udhcp (client|server) \(v0\.9\.[0-9]/
        $c = "udhcp server (v%s) started"
        $d = "udhcp client (v%s) started"
    condition:
        any of them
}

rule wide_dhcpv6
{
    meta:
        component = "WIDE-DHCPv6"
        version = "^((?:20[0-9]{6}))$"
        apart = 262144
        type = "application"
        cpe = "wide-dhcpv6_project:wide-dhcpv6"
        purl = "pkg:generic/wide-dhcpv6"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "/var/db/dhcp6c_duid\n20080615 => 20080615"
        miss = "dhcp6c: \n20080615"
    strings:
        $b = /DUID_FILE|dhcp6c_duid/
    condition:
        $b
}
