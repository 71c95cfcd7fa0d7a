rule heirloom_mailx
{
    meta:
        component = "Heirloom mailx"
        version = "^(1[0-9]\\.[0-9])(?: [0-9]{1,2}/[0-9]{1,2}/[0-9]{2})?$"
        apart = 262144
        type = "application"
        cpe = "heirloom:mailx"
        purl = "pkg:generic/heirloom-mailx"
        license = "BSD-4-Clause"
        target = "elf"
        hit = "Heirloom %s version %s.  Type ? for help.\n12.4 7/29/08 => 12.4"
        miss = "Heirloom version\n12.4"
    strings:
        $a = "Heirloom %s version %s.  Type ? for help."
        $b = "Heirloom mailx %s"
    condition:
        any of them
}

rule ssmtp
{
    meta:
        component = "sSMTP"
        version = "^(2\\.[4-6][0-9](?:\\.[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "ssmtp_project:ssmtp"
        purl = "pkg:generic/ssmtp"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "sSMTP %s (Not sendmail at all)\n2.64 => 2.64"
        miss = "like sSMTP\n2.64"
    strings:
        $a = "(sSMTP sendmail emulation)"
        $b = "sSMTP %s (Not sendmail at all)"
    condition:
        any of them
}

rule msmtp
{
    meta:
        component = "msmtp"
        version = "version ([01]\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "msmtp_project:msmtp"
        purl = "pkg:generic/msmtp"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "msmtp version 1.6.6 => 1.6.6"
        miss = "msmtp version"
    strings:
        $a = /msmtp version [01]\.[0-9]/
    condition:
        $a
}

rule postfix
{
    meta:
        component = "Postfix"
        version = "^([2-3]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "application"
        cpe = "postfix:postfix"
        purl = "pkg:generic/postfix"
        license = "IPL-1.0"
        target = "elf"
        hit = "postfix/postfix-script\n3.7.11 => 3.7.11"
        miss = "postfix\n3.7.11"
    strings:
        $c = "postfix/postfix-script"
    condition:
        $c
}

rule exim
{
    meta:
        component = "Exim"
        version = "(4\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "exim:exim"
        purl = "pkg:generic/exim"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Exim 4.96 => 4.96"
        miss = "Exim"
    strings:
        $a = /Exim version 4\.[0-9]/
        $b = /Exim 4\.[0-9]{2}/
    condition:
        any of them
}
