rule inetutils
{
    meta:
        component = "Inetutils"
        version = "^(?:.*\\(GNU inetutils\\) )?([12]\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "gnu:inetutils"
        purl = "pkg:generic/inetutils"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU inetutils\n2.4 => 2.4"
        hit = "telnetd (GNU inetutils) 1.9.4 => 1.9.4"
        miss = "inetutils of GNU\n2.4"
    strings:
        $a = /\(GNU inetutils\) [12]\.[0-9]/
        $b = /GNU inetutils(\x00|\n)/
    condition:
        any of them
}

rule netkit_telnetd
{
    meta:
        component = "NetKit telnetd"
        version = "(0\\.1[0-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "netkit:netkit_telnet"
        purl = "pkg:generic/netkit-telnetd"
        license = "BSD-4-Clause"
        target = "elf"
        hit = "netkit-telnet-0.17 => 0.17"
        miss = "netkit-telnet"
    strings:
        $a = /netkit-telnet[- ](ssl-)?0\.1[0-9]/
    condition:
        $a
}

rule utelnetd
{
    meta:
        component = "utelnetd"
        version = "(0\\.[0-9]\\.[0-9]+)"
        type = "application"
        purl = "pkg:generic/utelnetd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "utelnetd 0.1.9 => 0.1.9"
        miss = "a utelnetd"
    strings:
        $a = /utelnetd[ -](v|version )?0\.[0-9]/
        $b = "Usage: utelnetd [-p port]"
    condition:
        $a or $b
}
