rule bpalogin
{
    meta:
        component = "BPALogin"
        version = "^BPALogin v(2\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        purl = "pkg:generic/bpalogin"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "BPALogin v2.0.2 - portable BigPond Broadband login client => 2.0.2"
        miss = "BPALogin version"
    strings:
        $a = /BPALogin v2\.[0-9]/
    condition:
        $a
}
