rule unbound
{
    meta:
        component = "Unbound"
        version = "^unbound (1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "nlnetlabs:unbound"
        purl = "pkg:generic/unbound"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "unbound 1.17.1 => 1.17.1"
        miss = "unbound 1 to n"
    strings:
        $a = /unbound 1\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
