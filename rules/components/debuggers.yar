rule gdb
{
    meta:
        component = "GDB"
        version = "/gdb-([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)/"
        type = "application"
        cpe = "gnu:gdb"
        purl = "pkg:generic/gdb"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "/build/gdb-13.1/gdbserver/ax.cc => 13.1"
        miss = "/build/gdb/gdbserver/ax.cc"
    strings:
        $a = /\/gdb-(6|7|8|9|1[0-9])\.[0-9]{1,2}(\.[0-9])?\/(gdb|gdbserver|bfd)\//
    condition:
        $a
}

rule gdbserver
{
    meta:
        component = "gdbserver"
        version = "^((?:6|7|8|9|1[0-9])\\.[0-9]{1,2}(?:\\.[0-9]{1,8})?)(?:-.{1,20})?$"
        apart = 262144
        type = "application"
        cpe = "gnu:gdb"
        purl = "pkg:generic/gdbserver"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU gdbserver %s%s\n7.6.1 => 7.6.1"
        miss = "gdbserver\n7.6.1"
    strings:
        $a = "GNU gdbserver %s%s"
    condition:
        $a
}

rule strace
{
    meta:
        component = "strace"
        version = "^([4-6]\\.[0-9]{1,2}(?:\\.[0-9]{1,2})?)$"
        apart = 1048576
        type = "application"
        cpe = "strace_project:strace"
        purl = "pkg:generic/strace"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "Copyright (c) 1991-%s The strace developers <%s>.\n6.1 => 6.1"
        miss = "strace developers\n6.1"
    strings:
        $a = "The strace developers <%s>"
    condition:
        $a
}
