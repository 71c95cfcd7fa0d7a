rule xz_utils
{
    meta:
        component = "XZ Utils"
        version = "XZ Utils\\) ([45]\\.[0-9]+\\.[0-9]+(?:alpha|beta)?)"
        type = "application"
        cpe = "tukaani:xz"
        purl = "pkg:generic/xz-utils"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "xz (XZ Utils) 5.4.1 => 5.4.1"
        miss = "XZ Utils"
    strings:
        $a = /\(XZ Utils\) [45]\.[0-9]/
    condition:
        $a
}

rule liblzma
{
    meta:
        component = "XZ Utils"
        version = "^(5\\.[0-9]\\.[0-9]{1,2}(?:alpha|beta)?)$"
        apart = 1048576
        type = "library"
        cpe = "tukaani:xz"
        purl = "pkg:generic/xz-utils"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "lzma_version_string\nXZ_5.0\n5.4.1 => 5.4.1"
        miss = "lzma_version_string\n5.4.1"
    strings:
        $a = "XZ_5.0"
        $b = "lzma_version_string"
    condition:
        $a and $b
}
