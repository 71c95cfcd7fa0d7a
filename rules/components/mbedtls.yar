rule mbed_tls
{
    meta:
        component = "Mbed TLS"
        version = "^mbed TLS ([1-3]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "arm:mbed_tls"
        purl = "pkg:generic/mbed-tls"
        license = "Apache-2.0"
        target = "elf"
        hit = "mbed TLS 2.28.3 => 2.28.3"
        miss = "built for mbed TLS 2.x"
    strings:
        $a = /mbed TLS [1-3]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule polarssl
{
    meta:
        component = "PolarSSL"
        version = "^PolarSSL ([01]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "polarssl:polarssl"
        purl = "pkg:generic/polarssl"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "PolarSSL 1.3.9 => 1.3.9"
        miss = "PolarSSL is now mbed TLS 2"
    strings:
        $a = /PolarSSL [01]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
