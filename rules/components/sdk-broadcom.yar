rule broadcom_wireless_driver
{
    meta:
        component = "Broadcom wireless driver"
        version = "(?:Controller )([0-9]+\\.[0-9]+\\.[0-9.]+[0-9](?:\\.cpe[0-9.]+[0-9])?)"
        type = "firmware"
        purl = "pkg:generic/broadcom-wireless-driver"
        target = "elf"
        hit = "Broadcom BCM4318 802.11 Wireless Controller 4.150.10.5 => 4.150.10.5"
        miss = "Broadcom BCM4318"
    strings:
        $a = /Broadcom BCM[0-9a-z.]{2,9} 802\.11 [A-Za-z ]*Wireless Controller [0-9]\.[0-9]/
        $b = /wl[0-9%d]{1,3}: Broadcom BCM[^\n\x00]{2,40} [5-9]\.[0-9]{1,3}\.[0-9]/
    condition:
        any of them
}

rule broadcom_dsl_sdk
{
    meta:
        component = "Broadcom DSL SDK"
        version = "(4\\.[01][0-9]L\\.[0-9]{2}[A-Z]?)"
        type = "firmware"
        purl = "pkg:generic/broadcom-dsl-sdk"
        target = "elf"
        hit = "4.12L.08 bcm963xx_router => 4.12L.08"
        miss = "4.12L.08"
    strings:
        $a = /bcm963xx_(router|4|5)/
        $b = /\/bcm963xx\//
        $c = /4\.[01][0-9]L\.[0-9]{2}/
    condition:
        ($a or $b) and $c
}
