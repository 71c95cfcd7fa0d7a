rule hisilicon_sdk
{
    meta:
        component = "HiSilicon SDK"
        version = "_MPP_V([0-9]+(?:\\.[0-9A-Z]+)+)"
        type = "firmware"
        purl = "pkg:generic/hisilicon-sdk"
        target = "elf"
        hit = "HI_VERSION=Hi3518_MPP_V1.0.A.0 B030 Release => 1.0.A.0"
        miss = "Hi3518"
    strings:
        $a = /\[(Hi35|Hi37|Hi36|HI_VERSION=)[^\]\n\x00]{0,20}_MPP_V[0-9]/
        $b = /HI_VERSION=[^\n\x00]{1,24}_MPP_V[0-9.]{3,12}/
        $c = /Hi3[5-7][0-9]{2}[A-Z0-9]{0,6}_MPP_V[0-9]/
    condition:
        any of them
}
