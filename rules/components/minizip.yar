rule minizip
{
    meta:
        component = "minizip"
        version = "zip (1\\.[0-9]+[a-z]?)"
        type = "library"
        cpe = "zlib:minizip"
        purl = "pkg:generic/minizip"
        license = "Zlib"
        target = "elf"
        hit = " unzip 1.01 Copyright 1998-2004 Gilles Vollant => 1.01"
        miss = "unzip by Gilles Vollant"
    strings:
        $a = /(un)?zip 1\.[0-9]{1,2} Copyright 1998-[0-9]{4} Gilles Vollant/
    condition:
        $a
}
