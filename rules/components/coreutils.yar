rule gnu_coreutils
{
    meta:
        component = "GNU coreutils"
        version = "^([5-9]\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 32768
        type = "application"
        cpe = "gnu:coreutils"
        purl = "pkg:generic/coreutils"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU coreutils\n9.1 => 9.1"
        miss = "coreutils\n9.1"
    strings:
        $a = /GNU coreutils(\x00|\n)/
    condition:
        $a
}
