rule ralink_mediatek_sdk
{
    meta:
        component = "Ralink/MediaTek SDK"
        version = "SDK[_ ]?v?([2-5]\\.[0-9]\\.[0-9](?:\\.[0-9])?)"
        type = "firmware"
        purl = "pkg:generic/ralink-mediatek-sdk"
        confidence = "medium"
        target = "elf"
        hit = "/home/x/RT288x_SDK/source/linux => "
        hit = "MTK APSoC SDK 4.3.1.0 => 4.3.1.0"
        miss = "Ralink"
    strings:
        $a = /Ralink\/RT[0-9]{4}/
        $b = /RT288x_SDK|RT2860v2|\/RT3052_SDK/
        $c = /Ralink_SDK|MTK_SDK|\/mtk_sdk/
        $d = /MTK APSoC SDK|Ralink APSoC SDK|Ralink SoC SDK/
    condition:
        any of them
}

rule mediatek_ralink_wireless_driver
{
    meta:
        component = "MediaTek/Ralink wireless driver"
        version = "version-([0-9]\\.[0-9](?:\\.[0-9.]*[0-9])?)"
        type = "firmware"
        purl = "pkg:generic/ralink-wifi"
        target = "elf"
        hit = "Driver version-2.7.1.5 => 2.7.1.5"
        miss = "Driver version"
    strings:
        $a = /Driver version-[1-5]\.[0-9]\.[0-9]\.[0-9]/
    condition:
        $a
}
