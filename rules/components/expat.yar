rule expat
{
    meta:
        component = "Expat"
        version = "^expat_([12]\\.[0-9]\\.[0-9]+)"
        type = "library"
        cpe = "libexpat_project:libexpat"
        purl = "pkg:generic/expat"
        license = "MIT"
        target = "elf"
        hit = "expat_2.5.0 => 2.5.0"
        miss = "expat_2"
    strings:
        $a = /expat_[12]\.[0-9]\.[0-9]/
    condition:
        $a
}
