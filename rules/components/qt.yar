rule qt
{
    meta:
        component = "Qt"
        version = "([456]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "qt:qt"
        purl = "pkg:generic/qt"
        license = "LGPL-3.0-only"
        target = "elf"
        hit = "This is the QtCore library version Qt 5.15.8 (arm-little_endian => 5.15.8"
        miss = "Qt 5.15.8 is used"
    strings:
        $a = /Qt [456]\.[0-9]{1,2}\.[0-9]{1,2} \([a-z0-9_]+-/
        $b = /This is the QtCore library version (Qt )?[456]\.[0-9]/
    condition:
        any of them
}
