rule ambarella_sdk
{
    meta:
        component = "Ambarella SDK"
        version = "(?:sdk|SDK)[ _-]v?([0-9](?:\\.[0-9]+)+)"
        type = "firmware"
        purl = "pkg:generic/ambarella-sdk"
        target = "elf"
        hit = "ambarella_sdk_2.5.7 => 2.5.7"
        hit = "/home/x/ambarella/unit_test/private => "
        miss = "ambarella"
    strings:
        $a = /ambarella[_ -](sdk|SDK|linux)[^\n\x00]{0,12}[0-9]\.[0-9]/
        $b = /\/ambarella\/(unit_test|prebuild|boards|kernel|build)\//
        $c = "AmbaIPCmdHandler"
    condition:
        any of them
}
