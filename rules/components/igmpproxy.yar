rule igmpproxy
{
    meta:
        component = "igmpproxy"
        version = "(0\\.[0-9](?:\\.[0-9])?(?: beta[0-9]| patch level [0-9])?)"
        type = "application"
        purl = "pkg:generic/igmpproxy"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "igmpproxy 0.3 => 0.3"
        hit = "igmpproxy, Version 0.1 beta2, Build => 0.1 beta2"
        miss = "igmpproxy 1"
    strings:
        $a = /igmpproxy[, ]{1,2}(Version )?0\.[0-9]/
    condition:
        $a
}
