rule openvpn
{
    meta:
        component = "OpenVPN"
        version = "^OpenVPN ([12]\\.[0-9](?:\\.[0-9]+)?(?:_(?:rc|beta)[0-9]+)?)"
        type = "application"
        cpe = "openvpn:openvpn"
        purl = "pkg:generic/openvpn"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "OpenVPN 2.6.14 arm-unknown-linux-gnueabihf [SSL (OpenSSL)] => 2.6.14"
        miss = "OpenVPN 2.4 or newer"
    strings:
        $a = /OpenVPN [12]\.[0-9](\.[0-9]{1,2})?(_(rc|beta)[0-9]+)? [a-z0-9_]+-[a-z]/
    condition:
        $a
}
