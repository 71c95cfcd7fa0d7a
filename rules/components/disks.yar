rule mdadm
{
    meta:
        component = "mdadm"
        version = "- v([2-4]\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "mdadm_project:mdadm"
        purl = "pkg:generic/mdadm"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "mdadm - v4.2 - 2021-12-30 => 4.2"
        miss = "mdadm - v"
    strings:
        $a = /mdadm - v[2-4]\.[0-9]/
    condition:
        $a
}

rule dosfstools
{
    meta:
        component = "dosfstools"
        version = " ([2-4]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "dosfstools_project:dosfstools"
        purl = "pkg:generic/dosfstools"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "mkfs.fat 4.2 (2021-01-31) => 4.2"
        miss = "mkfs.fat"
    strings:
        $a = /(mkfs|fsck)\.(fat|vfat) [2-4]\.[0-9]/
        $b = /(mkdosfs|dosfsck) [23]\.[0-9]{1,2}/
    condition:
        any of them
}

rule ntfs_3g
{
    meta:
        component = "NTFS-3G"
        version = "^(20[0-2][0-9]\\.[0-9]{1,2}\\.[0-9]{1,2}(?:AR\\.[0-9])?|1\\.[0-9]{3,4})$"
        apart = 65536
        type = "application"
        cpe = "tuxera:ntfs-3g"
        purl = "pkg:generic/ntfs-3g"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Copyright (C) 2007-2022 Jean-Pierre Andre\n2022.10.3 => 2022.10.3"
        miss = "by Jean-Pierre Andre\n2022.10.3"
    strings:
        $a = /Copyright \(C\) 20[0-9]{2}-20[0-9]{2} Jean-Pierre Andre/
        $b = "ntfs-3g %s %s %d"
    condition:
        any of them
}

rule hdparm
{
    meta:
        component = "hdparm"
        version = "version v([0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "hdparm_project:hdparm"
        purl = "pkg:generic/hdparm"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "%s - get/set hard disk parameters - version v9.65, by Mark Lord. => 9.65"
        miss = "get/set hard disk parameters"
    strings:
        $a = /get\/set (hard disk|SATA\/IDE device) parameters - version v[0-9]/
    condition:
        $a
}

rule smartmontools
{
    meta:
        component = "smartmontools"
        version = "^(?:smartmontools (?:release )?)?(5\\.[34][0-9]|[67]\\.[0-9])$"
        apart = 262144
        type = "application"
        cpe = "smartmontools:smartmontools"
        purl = "pkg:generic/smartmontools"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "smartmontools\n7.3 => 7.3"
        miss = "smart\n7.3"
    strings:
        $a = /smartmontools (release )?[5-7]\.[0-9]/
        $b = "smartmontools"
    condition:
        any of them
}
