rule iproute2
{
    meta:
        component = "iproute2"
        version = "^([0-9]\\.[0-9]{1,2}(?:\\.[0-9]{1,2})?|(?:0|1)[0-9][01][0-9][0-3][0-9])$"
        apart = 65536
        type = "application"
        cpe = "iproute2_project:iproute2"
        purl = "pkg:generic/iproute2"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "tc utility, iproute2-ss%s\n091226 => 091226"
        hit = "ip utility, iproute2-%s, libbpf %s\n6.1.0 => 6.1.0"
        miss = "see iproute2-ss%s\n091226"
    strings:
        $a = /utility, iproute2-(ss)?%s/
    condition:
        $a
}

rule iproute2_dated
{
    meta:
        component = "iproute2"
        version = "iproute2-ss([0-9]{6})"
        type = "application"
        cpe = "iproute2_project:iproute2"
        purl = "pkg:generic/iproute2"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ip utility, iproute2-ss130716 => 130716"
        miss = "iproute2-ss130716"
    strings:
        $a = /utility, iproute2-ss[0-9]{6}/
    condition:
        $a
}
