rule mtd_utils
{
    meta:
        component = "mtd-utils"
        version = "(?:version|mtd-utils) ([12]\\.[0-9]\\.[0-9])"
        type = "application"
        cpe = "mtd-utils_project:mtd-utils"
        purl = "pkg:generic/mtd-utils"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ubinfo version 2.1.5 - a tool to print UBI information. => 2.1.5"
        miss = "ubinfo version"
    strings:
        $a = /(ubinfo|ubiattach|ubirsvol|ubiformat|ubinize|mkfs\.ubifs|flash_erase|nandwrite) version [12]\.[0-9]\.[0-9]/
        $b = /mtd-utils [12]\.[0-9]\.[0-9]/
    condition:
        any of them
}
