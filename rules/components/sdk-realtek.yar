rule realtek_sdk
{
    meta:
        component = "Realtek SDK"
        version = "(?:SDK[- ]v?|rsdk-)([0-9]\\.[0-9](?:\\.[0-9p]+)*)"
        type = "firmware"
        purl = "pkg:generic/realtek-sdk"
        target = "elf"
        hit = "rtl819x-SDK-v3.2.3 => 3.2.3"
        hit = "(GCC) 4.4.5-1.5.5p4 rsdk-1.5.5 => 1.5.5"
        miss = "Realtek"
    strings:
        $a = /RTK Linux SDK v?[0-9]/
        $b = /rtl819x-SDK-v?[0-9]\.[0-9]/
        $c = /Realtek (AP|WLAN|rtl819x) (router )?SDK/
        $d = /rtl819x-toolchain|rsdk-[0-9]\.[0-9]\.[0-9]/
    condition:
        any of them
}

rule realtek_wireless_driver
{
    meta:
        component = "Realtek wireless driver"
        version = "(?:version |v)([0-9]\\.[0-9]+(?:\\.[0-9_.]+[0-9])?)"
        type = "firmware"
        purl = "pkg:generic/realtek-wireless-driver"
        target = "elf"
        hit = "Realtek WLAN driver - version 1.7 (2013-03-13) => 1.7"
        miss = "Realtek WLAN driver"
    strings:
        $a = /RTL8[0-9A-Z]{3,6} driver version [0-9]\.[0-9]/
        $b = /Realtek WLAN driver - version [0-9]\.[0-9]/
        $c = /rtl8[0-9a-z]{3,5} v[345]\.[0-9]\.[0-9]/
    condition:
        any of them
}
