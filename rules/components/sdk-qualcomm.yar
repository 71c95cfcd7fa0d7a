rule qualcomm_qsdk
{
    meta:
        component = "Qualcomm QSDK"
        version = "(?:QSDK[-_ ]?v?|spf-)([0-9]+(?:[-.][0-9]+)*)"
        type = "firmware"
        purl = "pkg:generic/qualcomm-qsdk"
        target = "elf"
        hit = "qca-networking-2016-spf-2-0 => 2-0"
        miss = "QSDK"
    strings:
        $a = /QSDK[-_ ]?v?[0-9]{1,2}\.[0-9]/
        $b = /qca-networking-20[0-9]{2}-spf-[0-9]/
    condition:
        any of them
}
