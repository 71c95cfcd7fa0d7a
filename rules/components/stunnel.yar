rule stunnel
{
    meta:
        component = "stunnel"
        version = "^stunnel ([3-5]\\.[0-9]+)"
        type = "application"
        cpe = "stunnel:stunnel"
        purl = "pkg:generic/stunnel"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "stunnel 5.68 on arm-unknown-linux-gnueabihf platform => 5.68"
        miss = "stunnel 5.68 on request"
    strings:
        $a = /stunnel [3-5]\.[0-9]{1,2} on [a-z0-9_]+-[a-z]/
    condition:
        $a
}
