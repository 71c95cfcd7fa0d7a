rule mit_kerberos
{
    meta:
        component = "MIT Kerberos"
        version = "krb5-(1\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "mit:kerberos_5"
        purl = "pkg:generic/krb5"
        license = "MIT"
        target = "elf"
        hit = "KRB5_BRAND: krb5-1.20.1-final 1.20.1 20221111 => 1.20.1"
        miss = "krb5-1.20.1"
    strings:
        $a = /KRB5_BRAND: krb5-1\.[0-9]/
    condition:
        $a
}

rule openldap
{
    meta:
        component = "OpenLDAP"
        version = "(2\\.[0-9]\\.[0-9]+)"
        type = "library"
        cpe = "openldap:openldap"
        purl = "pkg:generic/openldap"
        license = "OLDAP-2.8"
        target = "elf"
        hit = "$OpenLDAP: slapd 2.4.44 (Jan 29 2019) => 2.4.44"
        miss = "OpenLDAP: see"
    strings:
        $a = /OpenLDAP: [a-z]+ 2\.[0-9]\.[0-9]/
        $b = /\$OpenLDAP: [a-z]{3,12} 2\.[0-9]/
    condition:
        any of them
}
