rule libmodbus
{
    meta:
        component = "libmodbus"
        version = "^LMB(3\\.[0-9]\\.[0-9]+)"
        type = "library"
        cpe = "libmodbus:libmodbus"
        purl = "pkg:generic/libmodbus"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "LMB3.1.6 => 3.1.6"
        miss = "LMB3"
    strings:
        $a = /LMB3\.[0-9]\.[0-9]/
    condition:
        $a
}
