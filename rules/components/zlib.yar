rule zlib
{
    meta:
        component = "zlib"
        version = "flate (1\\.[0-9]+(?:\\.[0-9]+){0,2})"
        type = "library"
        cpe = "zlib:zlib"
        purl = "pkg:generic/zlib"
        license = "Zlib"
        target = "elf"
        hit = " deflate 1.1.4 Copyright 1995-2002 Jean-loup Gailly  => 1.1.4"
        hit = " inflate 1.2.13 Copyright 1995-2022 Mark Adler  => 1.2.13"
        miss = "uses deflate 1.1.4"
    strings:
        $a = /(de|in)flate 1\.[0-9]\.[0-9.]{1,5} Copyright 1995-[0-9]{4} /
    condition:
        $a
}
