rule transmission
{
    meta:
        component = "Transmission"
        version = "Transmission ([1-4]\\.[0-9]+(?:\\.[0-9])?)"
        type = "application"
        cpe = "transmissionbt:transmission"
        purl = "pkg:generic/transmission"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Transmission 3.00 (bb6b5a062e)  https://transmissionbt.com/ => 3.00"
        miss = "Transmission 3.00 bar"
    strings:
        $a = /Transmission [1-4]\.[0-9]{1,2}(\.[0-9])? \([0-9a-f+]+\)/
    condition:
        $a
}
