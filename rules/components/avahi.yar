rule avahi
{
    meta:
        component = "Avahi"
        version = "^avahi (0\\.[5-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "avahi:avahi"
        purl = "pkg:generic/avahi"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "avahi 0.8 => 0.8"
        miss = "avahi 0.x"
    strings:
        $a = /avahi 0\.[5-9]/
    condition:
        $a
}
