rule strongswan
{
    meta:
        component = "strongSwan"
        version = "strongSwan U?([2-6]\\.[0-9]+\\.[0-9]+(?:rc[0-9]|dr[0-9])?)"
        type = "application"
        cpe = "strongswan:strongswan"
        purl = "pkg:generic/strongswan"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Starting IKE charon daemon (strongSwan 5.9.8, %s %s, %s) => 5.9.8"
        miss = "strongSwan 5.9.8 or newer"
    strings:
        $a = /\(strongSwan [4-6]\.[0-9]{1,2}\.[0-9]/
        $b = /strongSwan [4-6]\.[0-9]{1,2}\.[0-9]{1,2}(, |\x00)/
        $c = /Linux strongSwan U[2-6]\.[0-9]/
    condition:
        any of them
}

rule openswan
{
    meta:
        component = "Openswan"
        version = "^Openswan U?(2\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "xelerance:openswan"
        purl = "pkg:generic/openswan"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Openswan 2.6.38 => 2.6.38"
        miss = "Openswan 3"
    strings:
        $a = /Openswan U?(2\.[0-9]\.[0-9]{1,2}|cvs)/
    condition:
        $a
}

rule ipsec_tools_racoon
{
    meta:
        component = "ipsec-tools (racoon)"
        version = "ipsec-tools (0\\.[5-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "ipsec-tools:ipsec-tools"
        purl = "pkg:generic/ipsec-tools"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "@(#)ipsec-tools 0.8.2 (http://ipsec-tools.sourceforge.net) => 0.8.2"
        miss = "ipsec-tools 0.8.2"
    strings:
        $a = /@\(#\)ipsec-tools 0\.[5-9]/
    condition:
        $a
}

rule libreswan
{
    meta:
        component = "Libreswan"
        version = "^(?:Libreswan )?v?([3-5]\\.[0-9]{1,2})$"
        apart = 1048576
        type = "application"
        cpe = "libreswan:libreswan"
        purl = "pkg:generic/libreswan"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Starting Pluto (Libreswan Version %s%s) pid:%u\n4.10 => 4.10"
        miss = "Pluto of Libreswan\n4.10"
    strings:
        $a = "Starting Pluto (Libreswan Version %s"
    condition:
        $a
}
