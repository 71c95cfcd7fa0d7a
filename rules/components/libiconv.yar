rule libiconv
{
    meta:
        component = "libiconv"
        version = "libiconv (1\\.[0-9]+)"
        type = "library"
        cpe = "gnu:libiconv"
        purl = "pkg:generic/libiconv"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "iconv (GNU libiconv 1.17) => 1.17"
        miss = "GNU libiconv"
    strings:
        $a = /GNU libiconv 1\.[0-9]/
    condition:
        $a
}
