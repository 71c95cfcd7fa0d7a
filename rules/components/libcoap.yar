rule libcoap
{
    meta:
        component = "libcoap"
        version = "^libcoap (4\\.[0-9]\\.[0-9][a-z]?)"
        type = "library"
        cpe = "libcoap:libcoap"
        purl = "pkg:generic/libcoap"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "libcoap 4.3.1 => 4.3.1"
        miss = "libcoap 4"
    strings:
        $a = /libcoap 4\.[0-9]/
    condition:
        $a
}
