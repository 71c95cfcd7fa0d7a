rule ncftp
{
    meta:
        component = "NcFTP"
        version = "NcFTP (3\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "ncftpd:ncftp"
        purl = "pkg:generic/ncftp"
        license = "ClArtistic"
        target = "elf"
        hit = "@(#) NcFTP 3.2.6/575 Dec 04 2016 => 3.2.6"
        miss = "NcFTP 3.2.6"
    strings:
        $a = /@\(#\) NcFTP 3\.[0-9]/
    condition:
        $a
}
