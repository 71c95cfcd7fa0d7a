rule musl
{
    meta:
        component = "musl"
        version = "^(1\\.[0-9]+\\.[0-9]+|0\\.9\\.[0-9]+)$"
        apart = 262144
        type = "library"
        cpe = "musl-libc:musl"
        purl = "pkg:generic/musl"
        license = "MIT"
        target = "elf"
        hit = "musl libc (armhf)\nVersion %s\nDynamic Program Loader\n1.2.3 => 1.2.3"
        miss = "runs with musl libc only\n1.2.3"
    strings:
        $a = "musl libc (%s)\n"
        $b = /musl libc \([a-z0-9_-]{2,24}\)\nVersion %s/
    condition:
        any of them
}
