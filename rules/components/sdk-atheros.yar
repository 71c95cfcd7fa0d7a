rule atheros_lsdk
{
    meta:
        component = "Atheros LSDK"
        version = "LSDK-([0-9]+\\.[0-9]+\\.[0-9.]*[0-9])"
        type = "firmware"
        purl = "pkg:generic/atheros-lsdk"
        target = "elf"
        hit = "2.6.31--LSDK-9.2.0.312 => 9.2.0.312"
        miss = "LSDK-next"
    strings:
        $a = /LSDK-[0-9]{1,2}\.[0-9]\.[0-9]/
    condition:
        $a
}
