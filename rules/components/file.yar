rule libmagic
{
    meta:
        component = "libmagic"
        version = "^([45]\\.[0-9]{2})$"
        apart = 262144
        type = "library"
        cpe = "file_project:file"
        purl = "pkg:generic/libmagic"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "File %s supports only version %d magic files. `%s' is version %d\n5.44 => 5.44"
        miss = "magic_version\n5.44"
    strings:
        $b = "File %s supports only version %d magic files"
    condition:
        $b
}
