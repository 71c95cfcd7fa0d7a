rule squid
{
    meta:
        component = "Squid"
        version = "(?:squid/|Version )([2-6]\\.[0-9]+(?:\\.(?:[0-9]+|STABLE[0-9]+))?)"
        type = "application"
        cpe = "squid-cache:squid"
        purl = "pkg:generic/squid"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "squid/5.7 => 5.7"
        miss = "squid/ cache"
    strings:
        $a = /squid\/[2-6]\.[0-9]/
        $b = /Squid Cache: Version [2-6]\.[0-9]/
    condition:
        any of them
}
