rule libgcrypt
{
    meta:
        component = "Libgcrypt"
        version = "^This is Libgcrypt ([0-9]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "gnupg:libgcrypt"
        purl = "pkg:generic/libgcrypt"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "This is Libgcrypt 1.10.1 - The GNU Crypto Library => 1.10.1"
        miss = "needs Libgcrypt 1.4.0"
    strings:
        $a = /This is Libgcrypt [0-9]\.[0-9]/
    condition:
        $a
}
