rule lz4
{
    meta:
        component = "LZ4"
        version = "^(?:.*LZ4 .* v)?(1\\.[0-9]\\.[0-9]{1,2})(?:, by .*)?$"
        apart = 262144
        type = "application"
        cpe = "lz4_project:lz4"
        purl = "pkg:generic/lz4"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "*** LZ4 command line interface 64-bits v1.9.4, by Yann Collet *** => 1.9.4"
        miss = "LZ4 command line\n1.9.4"
    strings:
        $a = "LZ4 command line interface"
    condition:
        $a
}
