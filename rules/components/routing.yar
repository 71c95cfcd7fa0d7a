rule quagga
{
    meta:
        component = "Quagga"
        version = "Quagga (?:\\(version )?([01]\\.[0-9]+(?:\\.[0-9]+)*)"
        type = "application"
        cpe = "quagga:quagga"
        purl = "pkg:generic/quagga"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Hello, this is Quagga (version 0.99.20). => 0.99.20"
        miss = "Quagga (version %s)"
    strings:
        $a = /Quagga \(version [01]\.[0-9]/
        $b = /Hello, this is Quagga \(version [01]\.[0-9]/
        $c = /QuaggaBGP|Quagga [01]\.[0-9]{1,2}\.[0-9]/
    condition:
        any of them
}

rule quagga_apart
{
    meta:
        component = "Quagga"
        version = "^([01]\\.[0-9]{1,2}(?:\\.[0-9]{1,2}){0,2})$"
        apart = 262144
        type = "application"
        cpe = "quagga:quagga"
        purl = "pkg:generic/quagga"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Hello, this is Quagga (version %s)\n0.99.24.1 => 0.99.24.1"
        miss = "this is Quagga\n0.99.24.1"
    strings:
        $a = "Hello, this is Quagga (version %s)"
        $b = "Hello, this is \" QUAGGA_PROGNAME"
    condition:
        any of them
}

rule zebra
{
    meta:
        component = "Zebra"
        version = "version (0\\.9[0-9][a-z]?)"
        type = "application"
        cpe = "gnu:zebra"
        purl = "pkg:generic/zebra"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Hello, this is zebra (version 0.94). => 0.94"
        miss = "Hello, this is zebra"
    strings:
        $a = /Hello, this is zebra \(version 0\.9[0-9]/
        $b = /zebra version 0\.9[0-9]/
    condition:
        any of them
}

rule frrouting
{
    meta:
        component = "FRRouting"
        version = "^FRRouting ([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "frrouting:frrouting"
        purl = "pkg:generic/frrouting"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "FRRouting 8.4.4 => 8.4.4"
        miss = "FRRouting 1"
    strings:
        $a = /FRRouting [2-9]\.[0-9]/
        $b = /FRRouting 1[0-9]\.[0-9]/
    condition:
        any of them
}

rule bird
{
    meta:
        component = "BIRD"
        version = "^BIRD (?:version )?([123]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "nic:bird"
        purl = "pkg:generic/bird"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "BIRD 1.6.8 ready. => 1.6.8"
        miss = "BIRD 1.6.8 or newer"
    strings:
        $a = /BIRD (version )?[123]\.[0-9]{1,2}(\.[0-9]{1,2})?( ready\.|\x00|\n)/
    condition:
        $a
}

rule olsrd
{
    meta:
        component = "OLSRd"
        version = "(0\\.[4-9]\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "olsrd:olsrd"
        purl = "pkg:generic/olsrd"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "olsr.org - pre-0.6.8-git => 0.6.8"
        miss = "olsr.org"
    strings:
        $a = /olsr\.org - *(pre-)?0\.[4-9]\.[0-9]/
    condition:
        $a
}
