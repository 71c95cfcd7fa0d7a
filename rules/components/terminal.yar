rule lrzsz
{
    meta:
        component = "lrzsz"
        version = "^(0\\.12\\.[0-9]{2}(?:rc)?)$"
        apart = 65536
        type = "application"
        cpe = "lrzsz_project:lrzsz"
        purl = "pkg:generic/lrzsz"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "lrzsz\n0.12.21rc => 0.12.21rc"
        miss = "rzsz\n0.12.21"
    strings:
        $a = "lrzsz"
    condition:
        $a
}

rule picocom
{
    meta:
        component = "picocom"
        version = "^([1-3]\\.[0-9])$"
        apart = 65536
        type = "application"
        cpe = "picocom_project:picocom"
        purl = "pkg:generic/picocom"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "picocom v%s\n3.1 => 3.1"
        miss = "picocom\n3.1"
    strings:
        $a = "picocom v%s"
    condition:
        $a
}
