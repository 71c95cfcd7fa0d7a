rule glibc
{
    meta:
        component = "glibc"
        version = "release version ([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "gnu:glibc"
        purl = "pkg:generic/glibc"
        license = "LGPL-2.1-or-later"
        reference = "https://www.gnu.org/software/libc/"
        target = "elf"
        hit = "GNU C Library (Sourcery CodeBench Lite 2012.09-99) stable release version 2.16, by Roland McGrath et al. => 2.16"
        hit = "GNU C Library stable release version 2.3.6, by Roland McGrath et al. => 2.3.6"
        miss = "the GNU C Library, release version 2.16 or newer, is needed"
    strings:
        $a = /GNU C Library [^\n]{1,80}, by Roland McGrath/
        $b = "GNU C Library stable release version"
        $c = /GNU C Library [^\n]{1,80} (stable|development) release version 2\./
    condition:
        any of them
}
