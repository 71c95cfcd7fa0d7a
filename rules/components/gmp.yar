rule gmp
{
    meta:
        component = "GMP"
        version = "^([456]\\.[0-9]\\.[0-9])$"
        apart = 524288
        type = "library"
        cpe = "gmplib:gmp"
        purl = "pkg:generic/gmp"
        license = "LGPL-3.0-or-later"
        target = "elf"
        hit = "GNU MP: Cannot reallocate memory (old_size=%lu new_size=%lu)\n6.2.1 => 6.2.1"
        miss = "__gmpz_init\n6.2.1"
    strings:
        $a = "GNU MP: Cannot reallocate memory (old_size=%lu new_size=%lu)"
    condition:
        $a
}
