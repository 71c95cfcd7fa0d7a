rule gnu_tar
{
    meta:
        component = "GNU tar"
        version = "^(?:tar \\(GNU tar\\) )?(1\\.[1-9][0-9](?:\\.[0-9]{1,2})?)$"
        apart = 262144
        type = "application"
        cpe = "gnu:tar"
        purl = "pkg:generic/tar"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU tar\n1.34 => 1.34"
        miss = "GNU is tar\n1.34"
    strings:
        $a = /\(GNU tar\) 1\.[0-9]/
        $b = /GNU tar(\x00|\n)/
    condition:
        any of them
}

rule gnu_sed
{
    meta:
        component = "GNU sed"
        version = "^(4\\.[0-9](?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "gnu:sed"
        purl = "pkg:generic/sed"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU sed\n4.9 => 4.9"
        miss = "This is not GNU sed version 4.0"
    strings:
        $a = /GNU sed(\x00|\n)/
    condition:
        $a
}

rule gnu_grep
{
    meta:
        component = "GNU grep"
        version = "^([23]\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "gnu:grep"
        purl = "pkg:generic/grep"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU grep\n3.8 => 3.8"
        miss = "grep\n3.8"
    strings:
        $a = /GNU grep(\x00|\n)/
    condition:
        $a
}

rule gnu_findutils
{
    meta:
        component = "GNU findutils"
        version = "^(4\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 65536
        type = "application"
        cpe = "gnu:findutils"
        purl = "pkg:generic/findutils"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU findutils\n4.9.0 => 4.9.0"
        miss = "findutils\n4.9.0"
    strings:
        $a = /GNU findutils(\x00|\n)/
    condition:
        $a
}

rule gnu_awk
{
    meta:
        component = "GNU awk"
        version = "Awk ([3-5]\\.[0-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "gnu:gawk"
        purl = "pkg:generic/gawk"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU Awk 5.2.1 => 5.2.1"
        miss = "GNU Awk"
    strings:
        $a = /GNU Awk [3-5]\.[0-9]/
    condition:
        $a
}

rule gnu_nano
{
    meta:
        component = "GNU nano"
        version = "nano ([1-9]\\.[0-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "gnu:nano"
        purl = "pkg:generic/nano"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU nano 7.2 => 7.2"
        miss = "GNU nano"
    strings:
        $a = /GNU nano [1-9]\.[0-9]/
    condition:
        $a
}

rule gnu_screen
{
    meta:
        component = "GNU screen"
        version = "^([45]\\.[0-9]{1,2}\\.[0-9]{1,2}) \\(GNU\\) .*$"
        apart = 262144
        type = "application"
        cpe = "gnu:screen"
        purl = "pkg:generic/screen"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "Screen version %s\n4.09.00 (GNU) 30-Jan-22 => 4.09.00"
        miss = "Screen version\n4.09.00 (GNU) 30-Jan-22"
    strings:
        $a = "Screen version %s"
    condition:
        $a
}

rule gnu_parted
{
    meta:
        component = "GNU Parted"
        version = "Parted ([1-3]\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "gnu:parted"
        purl = "pkg:generic/parted"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU Parted 3.5 => 3.5"
        miss = "GNU Parted"
    strings:
        $a = /GNU Parted [1-3]\.[0-9]/
    condition:
        $a
}
