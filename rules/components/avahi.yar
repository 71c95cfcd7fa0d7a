rule avahi
{
    meta:
        component = "Avahi"
        version = "^%s (0\\.[5-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "avahi:avahi"
        purl = "pkg:generic/avahi"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "%s 0.8 starting up. => 0.8"
        miss = "a client of avahi 0.6"
    strings:
        $a = /%s 0\.[5-9](\.[0-9]{1,2})? starting up\./
    condition:
        $a
}
