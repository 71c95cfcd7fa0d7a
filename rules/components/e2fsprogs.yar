rule e2fsprogs
{
    meta:
        component = "e2fsprogs"
        version = "^(?:EXT2FS Library version )?(1\\.[0-9]{2}(?:\\.[0-9]{1,2})?)$"
        apart = 262144
        type = "application"
        cpe = "e2fsprogs_project:e2fsprogs"
        purl = "pkg:generic/e2fsprogs"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "EXT2FS Library version 1.47.0 => 1.47.0"
        miss = "EXT2FS Library"
    strings:
        $a = "e2fsck %s (%s)\n"
        $c = "EXT2FS Library version"
    condition:
        $a or $c
}
