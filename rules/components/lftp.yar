rule lftp
{
    meta:
        component = "lftp"
        version = "^([34]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "application"
        cpe = "lftp_project:lftp"
        purl = "pkg:generic/lftp"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "LFTP | Version %s | Copyright (c) 1996-%d Alexander V. Lukyanov\n4.9.2 => 4.9.2"
        miss = "LFTP | Version\n4.9.2"
    strings:
        $a = "LFTP | Version %s | Copyright (c)"
    condition:
        $a
}
