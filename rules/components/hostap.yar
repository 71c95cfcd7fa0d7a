rule hostapd
{
    meta:
        component = "hostapd"
        version = "^hostapd v([0-2]\\.[0-9]+(?:\\.[0-9]+)?(?:-devel)?)"
        type = "application"
        cpe = "w1.fi:hostapd"
        purl = "pkg:generic/hostapd"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "hostapd v0.5.9\nUser space daemon => 0.5.9"
        miss = "hostapd vx"
    strings:
        $a = /hostapd v[0-2]\.[0-9]/
    condition:
        $a
}

rule hostapd_apart
{
    meta:
        component = "hostapd"
        version = "^v?([0-2]\\.[0-9]{1,2}(?:\\.[0-9]{1,2})?(?:-devel)?)$"
        apart = 262144
        type = "application"
        cpe = "w1.fi:hostapd"
        purl = "pkg:generic/hostapd"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "hostapd v%s\nUser space daemon for IEEE 802.11 AP management\n2.10 => 2.10"
        miss = "hostapd version\n2.10"
    strings:
        $a = "hostapd v%s\n"
    condition:
        $a
}

rule wpa_supplicant
{
    meta:
        component = "wpa_supplicant"
        version = "^wpa_supplicant v([0-2]\\.[0-9]+(?:\\.[0-9]+)?(?:-devel)?)"
        type = "application"
        cpe = "w1.fi:wpa_supplicant"
        purl = "pkg:generic/wpa-supplicant"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "wpa_supplicant v0.7.3 => 0.7.3"
        miss = "wpa_supplicant vendor build"
    strings:
        $a = /wpa_supplicant v[0-2]\.[0-9]/
    condition:
        $a
}
