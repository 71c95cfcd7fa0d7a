rule libsrtp
{
    meta:
        component = "libsrtp"
        version = "^libsrtp2? ([12]\\.[0-9]\\.[0-9])"
        type = "library"
        cpe = "cisco:libsrtp"
        purl = "pkg:generic/libsrtp"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "libsrtp2 2.5.0 => 2.5.0"
        miss = "libsrtp 2"
    strings:
        $a = /libsrtp2? [12]\.[0-9]\.[0-9]/
    condition:
        $a
}

rule pjsip
{
    meta:
        component = "PJSIP"
        version = "([012]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "teluu:pjsip"
        purl = "pkg:generic/pjsip"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "pjproject-2.7.2 => 2.7.2"
        miss = "PJSIP UA"
    strings:
        $a = /PJSIP(\/| v)?[012]\.[0-9]{1,2}/
        $c = /pjproject-[012]\.[0-9]/
    condition:
        $a or $c
}

rule exosip
{
    meta:
        component = "eXosip"
        version = "eXosip/([2-5]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "antisip:exosip"
        purl = "pkg:generic/exosip"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "User-Agent: eXosip/3.6.0 => 3.6.0"
        miss = "eXosip/"
    strings:
        $a = /eXosip\/[2-5]\.[0-9]/
    condition:
        $a
}
