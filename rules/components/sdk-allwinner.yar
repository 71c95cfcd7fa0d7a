rule allwinner_sdk
{
    meta:
        component = "Allwinner SDK"
        version = "lichee/linux-([0-9]\\.[0-9]+)"
        type = "firmware"
        purl = "pkg:generic/allwinner-sdk"
        target = "elf"
        hit = "/home/x/lichee/linux-3.4/drivers => 3.4"
        miss = "sunxi"
    strings:
        $a = /sun[4-9]i(w[0-9]p[0-9])?[-_ ](sdk|SDK|linux|tina)/
        $b = /tina\.[a-z-]+\.20[0-9]{6}/
        $c = /SUNXI_[A-Z]+_SDK|\/lichee\/(linux|brandy|buildroot)-?/
    condition:
        any of them
}
