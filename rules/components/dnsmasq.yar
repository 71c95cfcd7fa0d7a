rule dnsmasq
{
    meta:
        component = "dnsmasq"
        version = "(?:dnsmasq-|version )([0-9]\\.[0-9]+(?:\\.[0-9]+)?(?:(?:rc|test|beta)[0-9]+)?)"
        type = "application"
        cpe = "thekelleys:dnsmasq"
        purl = "pkg:generic/dnsmasq"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "dnsmasq-2.90 => 2.90"
        miss = "dnsmasq-base of old"
    strings:
        $a = /dnsmasq-[0-9]\.[0-9]/
        $b = /Dnsmasq version [0-9]\.[0-9]/
    condition:
        any of them
}
