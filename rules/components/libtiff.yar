rule libtiff
{
    meta:
        component = "LibTIFF"
        version = "Version ([34]\\.[0-9](?:\\.[0-9]+)?)"
        type = "library"
        cpe = "libtiff:libtiff"
        purl = "pkg:generic/libtiff"
        license = "libtiff"
        target = "elf"
        hit = "LIBTIFF, Version 4.5.0 => 4.5.0"
        miss = "LIBTIFF, Version"
    strings:
        $a = /LIBTIFF, Version [34]\.[0-9]/
    condition:
        $a
}
