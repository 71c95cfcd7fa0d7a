rule appweb
{
    meta:
        component = "Appweb"
        version = "Appweb/([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "embedthis:appweb"
        purl = "pkg:generic/appweb"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Server: Mbedthis-Appweb/2.4.2 => 2.4.2"
        miss = "Embedthis-Appweb as well"
    strings:
        $a = /(Mbedthis|Embedthis)-Appweb\/[1-9]\.[0-9]/
    condition:
        $a
}
