rule kmod
{
    meta:
        component = "kmod"
        version = "version ([0-9]+)"
        type = "application"
        cpe = "kernel:kmod"
        purl = "pkg:generic/kmod"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "kmod version 30 => 30"
        miss = "kmod version"
    strings:
        $a = /kmod version [0-9]{1,2}/
    condition:
        $a
}
