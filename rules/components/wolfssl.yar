rule wolfssl
{
    meta:
        component = "wolfSSL"
        version = "^wolfSSL ([3-6]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 16
        type = "library"
        cpe = "wolfssl:wolfssl"
        purl = "pkg:generic/wolfssl"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "wolfSSL 5.5.4 => 5.5.4"
        miss = "wolfSSL for 5.5.4"
    strings:
        $a = /wolfSSL [3-6]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
