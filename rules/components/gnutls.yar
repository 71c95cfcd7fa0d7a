rule gnutls
{
    meta:
        component = "GnuTLS"
        version = "^(?:Enabled GnuTLS )?([1-3]\\.[0-9]{1,2}\\.[0-9]{1,2})(?: logging\\.\\.\\.)?$"
        apart = 262144
        type = "library"
        cpe = "gnu:gnutls"
        purl = "pkg:generic/gnutls"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "Enabled GnuTLS 3.7.9 logging... => 3.7.9"
        hit = "Enabled GnuTLS logging...\n2.12.0 => 2.12.0"
        miss = "uses GnuTLS 3.7.9 for logging"
    strings:
        $a = /Enabled GnuTLS [1-9]\.[0-9]{1,2}\.[0-9]{1,2} logging/
        $b = /Enabled GnuTLS logging/
    condition:
        any of them
}
