rule perl
{
    meta:
        component = "Perl"
        version = "(5\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "perl:perl"
        purl = "pkg:generic/perl"
        license = "Artistic-1.0-Perl"
        target = "elf"
        hit = "This is perl 5, version 36\n/usr/lib/perl5/5.36.0 => 5.36.0"
        miss = "/usr/lib/perl5/5.36.0/CORE"
    strings:
        $a = /\/usr\/(local\/)?lib[^\x00\n]{0,40}\/perl5?\/5\.[0-9]{1,2}(\.[0-9]{1,2})?/
        $b = "This is perl 5, version "
    condition:
        $a and $b
}
