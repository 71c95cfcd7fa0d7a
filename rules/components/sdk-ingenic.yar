rule ingenic_isvp_sdk
{
    meta:
        component = "Ingenic ISVP SDK"
        version = "^.{0,40}IMP-([0-9]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "firmware"
        purl = "pkg:generic/ingenic-isvp"
        target = "elf"
        hit = "IMP-3.9.0\nIMP_System_Init => 3.9.0"
        miss = "IMP-3.9.0"
    strings:
        $d = "IMP_ISP_"
        $e = "IMP_System_Init"
    condition:
        $d or $e
}
