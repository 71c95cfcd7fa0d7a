rule bash
{
    meta:
        component = "Bash"
        version = "version ([1-5]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "gnu:bash"
        purl = "pkg:generic/bash"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "@(#)Bash version 5.2.15(1) release GNU => 5.2.15"
        miss = "Bash version 4"
    strings:
        $a = /@\(#\)Bash version [1-5]\.[0-9]/
    condition:
        $a
}
