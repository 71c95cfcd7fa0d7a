rule libarchive
{
    meta:
        component = "libarchive"
        version = "^libarchive ([23]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "libarchive:libarchive"
        purl = "pkg:generic/libarchive"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "libarchive 3.6.2 => 3.6.2"
        miss = "libarchive 3"
    strings:
        $a = /libarchive [23]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
