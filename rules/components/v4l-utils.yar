rule v4l_utils
{
    meta:
        component = "v4l-utils"
        version = "([01]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "linuxtv:v4l-utils"
        purl = "pkg:generic/v4l-utils"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "v4l2-sysfs-path version 1.22.1 => 1.22.1"
        miss = "v4l2-ctl version"
    strings:
        $a = /v4l2-[a-z-]{2,16} version 1\.[0-9]/
        $b = /v4l2-ctl [01]\.[0-9]{1,2}\.[0-9]/
    condition:
        any of them
}
