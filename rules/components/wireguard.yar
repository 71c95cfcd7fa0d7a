rule wireguard_tools
{
    meta:
        component = "WireGuard tools"
        version = "^(1\\.0\\.20[0-9]{6})$"
        apart = 65536
        type = "application"
        cpe = "wireguard:wireguard-tools"
        purl = "pkg:generic/wireguard-tools"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "wireguard-tools v%s - https://git.zx2c4.com/wireguard-tools/\n1.0.20210914 => 1.0.20210914"
        miss = "wireguard-tools\n1.0.20210914"
    strings:
        $a = "wireguard-tools v%s - https://git.zx2c4.com/wireguard-tools/"
    condition:
        $a
}
