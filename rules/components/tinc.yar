rule tinc
{
    meta:
        component = "tinc"
        version = "^(1\\.[01](?:\\.[0-9]{1,2}|pre[0-9]{1,2}))$"
        apart = 262144
        type = "application"
        cpe = "tinc-vpn:tinc"
        purl = "pkg:generic/tinc"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "tincd %s starting, debug level %d\n1.0.36 => 1.0.36"
        miss = "tincd starting\n1.0.36"
    strings:
        $a = "tincd %s starting, debug level %d"
    condition:
        $a
}
