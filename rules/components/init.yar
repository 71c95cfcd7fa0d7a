rule sysvinit
{
    meta:
        component = "sysvinit"
        version = "sysvinit-([23]\\.[0-9]+)"
        type = "application"
        cpe = "sysvinit_project:sysvinit"
        purl = "pkg:generic/sysvinit"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "INIT_VERSION=sysvinit-3.06 => 3.06"
        miss = "sysvinit-3.06"
    strings:
        $a = /INIT_VERSION=sysvinit-[23]\.[0-9]/
    condition:
        $a
}

rule systemd
{
    meta:
        component = "systemd"
        version = "systemd[ -]v?([12][0-9]{2}(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "systemd_project:systemd"
        purl = "pkg:generic/systemd"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "1.0 systemd-v252 (252.39-1~deb12u2) => 252"
        miss = "systemd 252"
    strings:
        $a = /systemd-v?2[0-9]{2} \([0-9]/
        $b = /systemd 2[0-9]{2}( running in|\x00)/
        $c = /systemd (1|2)[0-9]{2} running in /
    condition:
        any of them
}

rule systemd_shared
{
    meta:
        component = "systemd"
        version = "libsystemd-(?:shared|core)-([0-9]{3}(?:\\.[0-9]+)?)\\.so"
        type = "application"
        cpe = "systemd_project:systemd"
        purl = "pkg:generic/systemd"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "libsystemd-shared-252.so => 252"
        miss = "libsystemd-shared.so"
    strings:
        $c = /libsystemd-(shared|core)-[0-9]{3}(\.[0-9]+)?\.so/
    condition:
        $c
}
