rule busybox
{
    meta:
        component = "BusyBox"
        version = "^BusyBox v([0-9]+\\.[0-9]+[0-9A-Za-z.+-]*)"
        type = "application"
        cpe = "busybox:busybox"
        purl = "pkg:generic/busybox"
        license = "GPL-2.0-only"
        reference = "https://busybox.net/"
        target = "elf"
        hit = "BusyBox v1.22.1 (2016-09-22 10:11:12 CST) multi-call binary => 1.22.1"
        hit = "syslogd started: BusyBox v1.01 (2014.03.24) => 1.01"
        miss = "see the BusyBox manual, version 2"
        miss = "needs BusyBox v or newer"
    strings:
        $a = /BusyBox v[01]\.[0-9]/
    condition:
        $a
}
