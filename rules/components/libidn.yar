rule gnu_libidn2
{
    meta:
        component = "GNU Libidn2"
        version = "^([012]\\.[0-9]{1,2}(?:\\.[0-9])?)(?:-.{1,8})?$"
        apart = 262144
        type = "library"
        cpe = "gnu:libidn2"
        purl = "pkg:generic/libidn2"
        license = "LGPL-3.0-or-later"
        target = "elf"
        hit = "domain label has forbidden dot (TR46)\n2.3.3 => 2.3.3"
        miss = "idn2_lookup_u8\n2.3.3"
    strings:
        $a = "domain label has forbidden dot (TR46)"
    condition:
        $a
}
