rule xl2tpd
{
    meta:
        component = "xl2tpd"
        version = "^xl2tpd-(1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "xelerance:xl2tpd"
        purl = "pkg:generic/xl2tpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "xl2tpd-1.1.12 => 1.1.12"
        miss = "xl2tpd-control"
    strings:
        $a = /xl2tpd-1\.[0-9]\.[0-9]/
    condition:
        $a
}

rule l2tpd
{
    meta:
        component = "l2tpd"
        version = "(0\\.[67][0-9](?:pre)?)"
        type = "application"
        cpe = "l2tpd:l2tpd"
        purl = "pkg:generic/l2tpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "l2tpd version 0.69 started on %s PID:%d => 0.69"
        miss = "xl2tpd version"
    strings:
        $a = /l2tpd (version )?0\.[67][0-9]/
    condition:
        $a
}

rule rp_l2tp
{
    meta:
        component = "rp-l2tp"
        version = "(0\\.[1-4])"
        type = "application"
        purl = "pkg:generic/rp-l2tp"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "l2tpd version 0.4 Copyright 2002 Roaring Penguin Software Inc. => 0.4"
        miss = "rp-l2tp"
    strings:
        $a = /l2tpd version 0\.[1-4] Copyright 2002 Roaring Penguin/
        $b = /rp-l2tp[ -]0\.[1-4]/
    condition:
        any of them
}
