rule vsftpd
{
    meta:
        component = "vsftpd"
        version = "(?:vsFTPd |version )([0-9]\\.[0-9](?:\\.[0-9])?)"
        type = "application"
        cpe = "vsftpd_project:vsftpd"
        purl = "pkg:generic/vsftpd"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "(vsFTPd 3.0.3) => 3.0.3"
        miss = "vsFTPd"
    strings:
        $a = /\(vsFTPd [0-9]\.[0-9]/
        $b = /vsftpd: version [0-9]\.[0-9]/
    condition:
        any of them
}

rule proftpd
{
    meta:
        component = "ProFTPD"
        version = "(1\\.[0-9]\\.[0-9](?:[a-z]|rc[0-9])?)"
        type = "application"
        cpe = "proftpd:proftpd"
        purl = "pkg:generic/proftpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ProFTPD 1.3.3a Server => 1.3.3a"
        hit = "  Version: 1.3.8 (stable) => 1.3.8"
        miss = "ProFTPD"
    strings:
        $a = /ProFTPD (Version )?1\.[0-9]\.[0-9]/
        $b = / {2}Version: 1\.[23]\.[0-9][a-z]? \((stable|maint|devel|git)\)/
    condition:
        any of them
}

rule pure_ftpd
{
    meta:
        component = "Pure-FTPd"
        version = "(1\\.[0-9]\\.[0-9]+[a-z]?)"
        type = "application"
        cpe = "pureftpd:pure-ftpd"
        purl = "pkg:generic/pure-ftpd"
        license = "ISC"
        target = "elf"
        hit = "pure-ftpd v1.0.50 [privsep] => 1.0.50"
        miss = "Pure-FTPd"
    strings:
        $a = /pure-ftpd v1\.[0-9]\.[0-9]/
        $b = /Pure-FTPd 1\.[0-9]\.[0-9]/
    condition:
        any of them
}

rule bftpd
{
    meta:
        component = "bftpd"
        version = "ftpd ([0-9]\\.[0-9](?:\\.[0-9]+)?)"
        type = "application"
        cpe = "bftpd_project:bftpd"
        purl = "pkg:generic/bftpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "bftpd 1.6.6 at %s ready. => 1.6.6"
        miss = "bftpd"
    strings:
        $a = /bftpd [0-9]\.[0-9]/
        $b = /Bftpd [0-9]\.[0-9]/
    condition:
        any of them
}

rule stupid_ftpd
{
    meta:
        component = "stupid-ftpd"
        version = "(1\\.[0-9](?:\\.[0-9])?(?:beta)?)"
        type = "application"
        purl = "pkg:generic/stupid-ftpd"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "stupid-ftpd version 1.5beta => 1.5beta"
        miss = "a stupid ftpd"
    strings:
        $a = /Stupid-FTPd server\./
        $b = /stupid-ftpd ([vV]ersion )?1\.[0-9]/
    condition:
        any of them
}

rule wu_ftpd
{
    meta:
        component = "WU-FTPD"
        version = "wu-(2\\.[4-6]\\.[0-9])"
        type = "application"
        cpe = "washington_university:wu-ftpd"
        purl = "pkg:generic/wu-ftpd"
        target = "elf"
        hit = "Version wu-2.6.2(1) => 2.6.2"
        miss = "wu-ftpd 2.6"
    strings:
        $a = /wu-2\.[4-6]\.[0-9]/
    condition:
        $a
}
