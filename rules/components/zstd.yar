rule zstandard
{
    meta:
        component = "Zstandard"
        version = "^v?(1\\.[0-9]\\.[0-9]{1,2})$"
        apart = 1048576
        type = "application"
        cpe = "facebook:zstandard"
        purl = "pkg:generic/zstandard"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "Zstandard CLI\nv1.5.4 => 1.5.4"
        miss = "zstd\nv1.5.4"
    strings:
        $b = "Zstandard CLI"
        $c = "zstd command line interface"
    condition:
        $b or $c
}
