rule bzip2
{
    meta:
        component = "bzip2"
        version = "^\\n?(1\\.0\\.[0-9])"
        type = "library"
        cpe = "bzip2:bzip2"
        purl = "pkg:generic/bzip2"
        license = "bzip2-1.0.6"
        target = "elf"
        hit = "1.0.8, 13-Jul-2019 => 1.0.8"
        miss = "bzip2 1.0.8"
    strings:
        $a = /\n?1\.0\.[0-9], [0-9]{1,2}-[A-Z][a-z]{2}-[12][0-9]{3}/
    condition:
        $a
}
