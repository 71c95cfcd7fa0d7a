rule ebtables
{
    meta:
        component = "ebtables"
        version = "v(2\\.0\\.[0-9]+(?:-[0-9])?)"
        type = "application"
        cpe = "netfilter:ebtables"
        purl = "pkg:generic/ebtables"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ebtables v2.0.11 (December 2011) => 2.0.11"
        miss = "ebtables version 2"
    strings:
        $a = /ebtables[du]? v2\.0\.[0-9]/
    condition:
        $a
}
