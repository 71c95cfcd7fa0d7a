rule sqlite
{
    meta:
        component = "SQLite"
        version = "^(3\\.[0-9]{1,2}\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 1048576
        type = "library"
        cpe = "sqlite:sqlite"
        purl = "pkg:generic/sqlite"
        license = "blessing"
        target = "elf"
        hit = "SQLite format 3\nsqlite_master\n3.40.1 => 3.40.1"
        miss = "SQLite format 3\n3.40.1"
    strings:
        $a = "SQLite format 3"
        $c = "sqlite_master"
    condition:
        $a and $c
}
