rule openssl
{
    meta:
        component = "OpenSSL"
        version = "^OpenSSL ([0-9]\\.[0-9]\\.[0-9]+[a-z]{0,2}(?:-(?:beta|alpha|pre)[0-9]+)?)"
        type = "library"
        cpe = "openssl:openssl"
        purl = "pkg:generic/openssl"
        license = "OpenSSL"
        reference = "https://www.openssl.org/"
        target = "elf"
        hit = "AES part of OpenSSL 0.9.8g 19 Oct 2007 => 0.9.8g"
        hit = "OpenSSL 1.1.1n  15 Mar 2022 => 1.1.1n"
        hit = "OpenSSL 1.0.2k-fips  26 Jan 2017 => 1.0.2k"
        miss = "needs OpenSSL 1.0.1e or later"
        miss = "OpenSSL 0.9.8 is too old"
    strings:
        $a = /OpenSSL [0-3]\.[0-9]\.[0-9]{1,2}[a-z]{0,2}(-[a-z0-9]{1,12}){0,2} {1,2}[0-9]{1,2} [A-Z][a-z]{2} (19|20)[0-9]{2}/
    condition:
        $a
}
