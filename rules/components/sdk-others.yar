rule novatek_sdk
{
    meta:
        component = "Novatek SDK"
        version = "SDK[-_ ]v?([0-9]\\.[0-9.]*[0-9])"
        type = "firmware"
        purl = "pkg:generic/novatek-sdk"
        target = "elf"
        hit = "NT96680_SDK_1.2.3 => 1.2.3"
        miss = "NT96680"
    strings:
        $a = /NVTK?_SDK|na51[0-9]{3}|NT9[68][0-9]{3}[A-Z]?_SDK/
    condition:
        $a
}

rule grain_media_sdk
{
    meta:
        component = "Grain Media SDK"
        version = "_v?([0-9]\\.[0-9.]*[0-9])"
        type = "firmware"
        purl = "pkg:generic/grain-media-sdk"
        target = "elf"
        hit = "GM8136_SDK_1.0 => 1.0"
        miss = "GM8136"
    strings:
        $a = /GM81[0-9]{2}_SDK|gm81[23][0-9]_v[0-9]/
    condition:
        $a
}

rule sigmastar_mstar_sdk
{
    meta:
        component = "SigmaStar/MStar SDK"
        type = "firmware"
        purl = "pkg:generic/sigmastar-mstar-sdk"
        target = "elf"
        hit = "MVX4##I6##g## => "
        miss = "MStar"
    strings:
        $a = /MVX[0-9]##[A-Z0-9]{1,4}##/
        $b = /\$MSTAR\$|MStar Semiconductor, Inc\. SDK/
    condition:
        any of them
}

rule tuya_iot_sdk
{
    meta:
        component = "Tuya IoT SDK"
        version = "V:([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "firmware"
        purl = "pkg:generic/tuya-iot-sdk"
        target = "elf"
        hit = "< TUYA IOT SDK V:1.0.3 BS:30.02 => 1.0.3"
        miss = "TUYA IOT"
    strings:
        $a = /tuya_iot_sdk|TUYA_IOT_SDK[:_ ]*[0-9]|< TUYA IOT SDK V:[0-9]/
    condition:
        $a
}

rule throughtek_kalay_tutk
{
    meta:
        component = "ThroughTek Kalay (TUTK)"
        type = "firmware"
        cpe = "throughtek:kalay_platform"
        purl = "pkg:generic/tutk-kalay"
        target = "elf"
        hit = "IOTC_Initialize2\navGetAVApiVer\nIOTC_Get_Version => "
        miss = "IOTC_Initialize2"
    strings:
        $a = /IOTC_Initialize2?/
        $b = "IOTC_Get_Version"
        $c = "avGetAVApiVer"
    condition:
        $a and ($b or $c)
}

rule wind_river_vxworks
{
    meta:
        component = "Wind River VxWorks"
        version = "([5-7]\\.[0-9](?:\\.[0-9])?)"
        type = "firmware"
        cpe = "windriver:vxworks"
        purl = "pkg:generic/vxworks"
        target = "elf"
        hit = "VxWorks5.5.1 => 5.5.1"
        miss = "VxWorks"
    strings:
        $a = /VxWorks( operating system)? [\(]?(version |for )?"?[5-7]\.[0-9]/
        $b = /VxWorks[5-7]\.[0-9]/
    condition:
        any of them
}

rule ecos
{
    meta:
        component = "eCos"
        version = "([123]\\.[0-9](?:\\.[0-9]+)?)"
        type = "firmware"
        cpe = "ecoscentric:ecos"
        purl = "pkg:generic/ecos"
        target = "elf"
        hit = "ecos-3.0/packages => 3.0"
        miss = "eCos"
    strings:
        $a = /eCos(\/| release | v)[123]\.[0-9]/
        $b = /ecos-[123]\.[0-9](\.[0-9]+)?\//
    condition:
        any of them
}

rule threadx
{
    meta:
        component = "ThreadX"
        version = "Version [GV]?([4-6]\\.[0-9](?:\\.[0-9.]+[0-9])?)"
        type = "firmware"
        cpe = "microsoft:azure_rtos_threadx"
        purl = "pkg:generic/threadx"
        target = "elf"
        hit = "ThreadX MIPS32_M4K/GNU Version G5.4.5.0 => 5.4.5.0"
        miss = "ThreadX"
    strings:
        $a = /ThreadX [A-Za-z0-9_\/ -]{2,40} Version [GV]?[4-6]\.[0-9]/
    condition:
        $a
}

rule freertos
{
    meta:
        component = "FreeRTOS"
        version = "V([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "firmware"
        cpe = "amazon:freertos"
        purl = "pkg:generic/freertos"
        target = "elf"
        hit = "FreeRTOS Kernel V10.4.3 => 10.4.3"
        miss = "FreeRTOS"
    strings:
        $a = /FreeRTOS V[6-9]\.[0-9]|FreeRTOS V1[01]\.[0-9]|FreeRTOS Kernel V1[01]\.[0-9]/
    condition:
        $a
}

rule lwip
{
    meta:
        component = "lwIP"
        version = "[/-]([12]\\.[0-9]\\.[0-9])"
        type = "firmware"
        cpe = "lwip_project:lwip"
        purl = "pkg:generic/lwip"
        target = "elf"
        hit = "lwIP/1.4.1 (http://savannah.nongnu.org/projects/lwip) => 1.4.1"
        miss = "lwIP"
    strings:
        $a = /lwIP\/[12]\.[0-9]\.[0-9]/
        $b = /lwip-[12]\.[0-9]\.[0-9]/
    condition:
        any of them
}
