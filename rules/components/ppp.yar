rule pppd
{
    meta:
        component = "pppd"
        version = "^(2\\.[3-5]\\.[0-9]{1,2}(?:b[0-9]|-pre[0-9])?)$"
        apart = 262144
        type = "application"
        cpe = "point-to-point_protocol_project:point-to-point_protocol"
        purl = "pkg:generic/ppp"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "pppd %s started by %s, uid %d\n2.4.3 => 2.4.3"
        miss = "pppd was started by root\n2.4.3"
    strings:
        $a = "pppd %s started by %s, uid %d"
    condition:
        $a
}

rule rp_pppoe
{
    meta:
        component = "RP-PPPoE"
        version = "^(3\\.[0-9]{1,2})$"
        apart = 262144
        type = "application"
        cpe = "roaring_penguin_software:rp-pppoe"
        purl = "pkg:generic/rp-pppoe"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "RP-PPPoE Version %s\n3.15 => 3.15"
        miss = "RP-PPPoE version\n3.15"
    strings:
        $a = "RP-PPPoE Version %s"
        $b = "Roaring Penguin PPPoE Version %s"
        $c = "rp-pppoe-%s"
    condition:
        any of them
}

rule rp_pppoe_plugin
{
    meta:
        component = "RP-PPPoE"
        version = "[vV]ersion (3\\.[0-9]+p?)"
        type = "application"
        cpe = "roaring_penguin_software:rp-pppoe"
        purl = "pkg:generic/rp-pppoe"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "RP-PPPoE plugin version 3.3 compiled against pppd 2.4.2 => 3.3"
        miss = "RP-PPPoE plugin version"
    strings:
        $a = /RP-PPPoE plugin version 3\.[0-9]/
        $b = /Roaring Penguin PPPoE Version 3\.[0-9]/
    condition:
        any of them
}

rule pptp_client
{
    meta:
        component = "PPTP client"
        version = "version (1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "pptp_client_project:pptp_client"
        purl = "pkg:generic/pptp-linux"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "pptp version 1.10.0 => 1.10.0"
        miss = "pptp version %s"
    strings:
        $a = /pptp version 1\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule pptp_server_poptop
{
    meta:
        component = "PPTP server (Poptop)"
        version = "^(1\\.[0-9]\\.[0-9])$"
        apart = 65536
        type = "application"
        cpe = "poptop:pptp_server"
        purl = "pkg:generic/pptpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "pptpd v%s\n1.4.0 => 1.4.0"
        miss = "pptpd version\n1.4.0"
    strings:
        $a = "pptpd v%s\n"
    condition:
        $a
}

rule accel_ppp
{
    meta:
        component = "ACCEL-PPP"
        version = "(1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "accel-ppp:accel-ppp"
        purl = "pkg:generic/accel-ppp"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "accel-ppp version 1.11.2 => 1.11.2"
        miss = "accel-ppp version"
    strings:
        $a = /accel-ppp(d)? (version )?1\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
