rule berkeley_db
{
    meta:
        component = "Berkeley DB"
        version = "Berkeley DB ([1-6]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "oracle:berkeley_db"
        purl = "pkg:generic/berkeley-db"
        license = "Sleepycat"
        target = "elf"
        hit = "Berkeley DB 5.3.28: (September  9, 2013) => 5.3.28"
        miss = "Berkeley DB 5.3.28"
    strings:
        $a = /Berkeley DB [1-6]\.[0-9]{1,2}\.[0-9]{1,2}: \(/
    condition:
        $a
}

rule gdbm
{
    meta:
        component = "GDBM"
        version = "version ([12]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "gnu:gdbm"
        purl = "pkg:generic/gdbm"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GDBM version 1.23. 04/02/2022 => 1.23"
        miss = "GDBM version"
    strings:
        $a = /GDBM version [12]\.[0-9]/
    condition:
        $a
}
