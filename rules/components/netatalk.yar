rule netatalk
{
    meta:
        component = "Netatalk"
        version = "[ -]([1-4]\\.[0-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "netatalk:netatalk"
        purl = "pkg:generic/netatalk"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "afpd 2.2.5 - Apple Filing Protocol => 2.2.5"
        miss = "netatalk"
    strings:
        $a = /netatalk[- ]?[1-4]\.[0-9]/
        $b = /afpd [1-4]\.[0-9]\.[0-9]/
    condition:
        any of them
}
