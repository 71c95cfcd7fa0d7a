rule u_boot_tools
{
    meta:
        component = "U-Boot tools"
        version = "^(20[0-9]{2}\\.[0-9]{2}(?:-rc[0-9])?)$"
        apart = 262144
        type = "application"
        purl = "pkg:generic/u-boot-tools"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "mkimage version %s\n\n2013.07 => 2013.07"
        miss = "see mkimage version 2013.07"
    strings:
        $a = "mkimage version %s"
        $b = /Usage: fw_(printenv|setenv) [^\n]{0,60}\n/
    condition:
        any of them
}
