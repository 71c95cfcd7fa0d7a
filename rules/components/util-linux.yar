rule util_linux
{
    meta:
        component = "util-linux"
        version = "^util-linux(?:-ng)?[ -](2\\.[0-9]+(?:\\.[0-9]+)?[a-z]?)"
        type = "application"
        cpe = "kernel:util-linux"
        purl = "pkg:generic/util-linux"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "util-linux 2.38.1 => 2.38.1"
        miss = "util-linux 2"
    strings:
        $a = /util-linux(-ng)? 2\.[0-9]{1,2}(\.[0-9])?/
        $b = /util-linux-2\.[0-9]{1,2}/
    condition:
        any of them
}
