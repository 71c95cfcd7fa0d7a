rule radvd
{
    meta:
        component = "radvd"
        version = "^([0-2]\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 262144
        type = "application"
        cpe = "litech:radvd"
        purl = "pkg:generic/radvd"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "can't join ipv6-allrouters on %s\n2.19 => 2.19"
        miss = "ipv6-allrouters on %s\n2.19"
    strings:
        $a = "can't join ipv6-allrouters on %s"
    condition:
        $a
}
