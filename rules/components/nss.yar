rule nss
{
    meta:
        component = "NSS"
        version = "NSS (3\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "mozilla:network_security_services"
        purl = "pkg:generic/nss"
        license = "MPL-2.0"
        target = "elf"
        hit = "Version: NSS 3.87.1 => 3.87.1"
        miss = "NSS 3.87.1"
    strings:
        $a = /Version: NSS 3\.[0-9]/
    condition:
        $a
}
