rule nfs_utils
{
    meta:
        component = "nfs-utils"
        version = "nfs-utils[ -]([12]\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "linux-nfs:nfs-utils"
        purl = "pkg:generic/nfs-utils"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "nfs-utils 1.2.6 => 1.2.6"
        miss = "nfs-utils"
    strings:
        $a = /nfs-utils[ -][12]\.[0-9]\.[0-9]/
    condition:
        $a
}
