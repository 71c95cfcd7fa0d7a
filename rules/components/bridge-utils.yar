rule bridge_utils
{
    meta:
        component = "bridge-utils"
        version = "bridge-utils, ([01]\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "linux_foundation:bridge-utils"
        purl = "pkg:generic/bridge-utils"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "bridge-utils, 1.4 => 1.4"
        miss = "bridge-utils 1.4"
    strings:
        $a = /bridge-utils, [01]\.[0-9]/
    condition:
        $a
}

rule brctl
{
    meta:
        component = "bridge-utils"
        version = "^(?:bridge-utils, )?([01]\\.[0-9](?:\\.[0-9])?)$"
        apart = 16384
        type = "application"
        cpe = "linux_foundation:bridge-utils"
        purl = "pkg:generic/bridge-utils"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Usage: brctl [commands]\ncommands:\n1.7.1 => 1.7.1"
        miss = "brctl [commands]\n1.7.1"
    strings:
        $c = "Usage: brctl [commands]"
    condition:
        $c
}
