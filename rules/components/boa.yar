rule boa
{
    meta:
        component = "Boa"
        version = "Boa/(0\\.9[0-9](?:\\.[0-9]+)?(?:rc[0-9]+)?)"
        type = "application"
        cpe = "boa:boa"
        purl = "pkg:generic/boa"
        license = "GPL-1.0-or-later"
        target = "elf"
        hit = "Server: Boa/0.94.14rc21 => 0.94.14rc21"
        miss = "Boa/HTTPd is not Boa/"
    strings:
        $a = /Server: Boa\/0\.9[0-9]/
        $b = /Boa\/0\.9[0-9]\.[0-9]{1,2}/
    condition:
        any of them
}
