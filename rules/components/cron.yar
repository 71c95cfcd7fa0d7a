rule at_
{
    meta:
        component = "at"
        version = "version (3\\.[0-9]\\.[0-9]+)"
        type = "application"
        purl = "pkg:generic/at"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "at version 3.2.5 => 3.2.5"
        miss = "at version 3"
    strings:
        $a = /at version 3\.[0-9]\.[0-9]/
    condition:
        $a
}
