rule ntp
{
    meta:
        component = "NTP"
        version = "^ntp[a-z]* (4\\.[0-9]\\.[0-9](?:p[0-9]+)?)"
        type = "application"
        cpe = "ntp:ntp"
        purl = "pkg:generic/ntp"
        license = "NTP"
        target = "elf"
        hit = "ntpd 4.2.8p15@1.3728-o Tue Jun 23 => 4.2.8p15"
        hit = "ntpdate 4.2.2p4-o Mon => 4.2.2p4"
        miss = "ntpd 4.2.8 or newer"
    strings:
        $a = /ntp(d|date|q|dc) 4\.[0-9]\.[0-9](p[0-9]+)?[@-]/
    condition:
        $a
}

rule ntpclient
{
    meta:
        component = "ntpclient"
        version = "^(?:ntpclient[ _-]?)?((?:20(?:0|1)[0-9])_[0-9]{3})$"
        apart = 65536
        type = "application"
        purl = "pkg:generic/ntpclient"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Usage: ntpclient [-c count]\n2007_365 => 2007_365"
        miss = "ntpclient"
    strings:
        $a = /ntpclient[ _-]?(20[0-9]{2}|v)/
        $b = "Usage: ntpclient [-c count]"
    condition:
        any of them
}

rule chrony
{
    meta:
        component = "chrony"
        version = "^([1-4]\\.[0-9]{1,2}(?:\\.[0-9])?(?:-pre[0-9])?)$"
        apart = 262144
        type = "application"
        cpe = "tuxfamily:chrony"
        purl = "pkg:generic/chrony"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "chronyd version %s starting (%s)\n4.3 => 4.3"
        miss = "chronyd version\n4.3"
    strings:
        $a = "chronyd (chrony) version %s"
        $b = "chronyd version %s starting"
        $c = "chronyc (chrony) version %s"
    condition:
        any of them
}

rule openntpd
{
    meta:
        component = "OpenNTPD"
        version = "^[A-Za-z]+ ([3-7]\\.[0-9](?:p[0-9])?)"
        type = "application"
        cpe = "openntpd:openntpd"
        purl = "pkg:generic/openntpd"
        license = "ISC"
        target = "elf"
        hit = "openntpd 6.2p3 => 6.2p3"
        miss = "OpenNTPD is used"
    strings:
        $a = /OpenNTPD [3-7]\.[0-9]/
        $b = /openntpd [3-7]\.[0-9]p[0-9]/
    condition:
        any of them
}
