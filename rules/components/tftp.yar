rule tftp_hpa
{
    meta:
        component = "tftp-hpa"
        version = "^tftp-hpa ([0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "tftp-hpa_project:tftp-hpa"
        purl = "pkg:generic/tftp-hpa"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "tftp-hpa 5.2, with remap, with tcpwrappers => 5.2"
        miss = "like tftp-hpa"
    strings:
        $a = /tftp-hpa [0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule atftp
{
    meta:
        component = "atftp"
        version = "^(0\\.[6-9](?:\\.[0-9])?)$"
        apart = 262144
        type = "application"
        cpe = "atftp_project:atftp"
        purl = "pkg:generic/atftp"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Advanced Trivial FTP server started (%s)\n0.8.0 => 0.8.0"
        miss = "Trivial FTP server\n0.8.0"
    strings:
        $b = "Advanced Trivial FTP server"
    condition:
        $b
}
