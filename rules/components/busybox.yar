rule busybox
{
    meta:
        component = "BusyBox"
        version = "BusyBox v([0-9]+\\.[0-9]+[0-9A-Za-z.+-]*)"
        type = "application"
        cpe = "busybox:busybox"
        purl = "pkg:generic/busybox"
        license = "GPL-2.0-only"
        reference = "https://busybox.net/"
        target = "elf"
        hit = "BusyBox v1.22.1 (2016-09-22 10:11:12 CST) multi-call binary => 1.22.1"
        miss = "see the BusyBox manual, version 2"
    strings:
        $banner = "BusyBox v"
    condition:
        $banner
}
