rule lldpd
{
    meta:
        component = "lldpd"
        version = "^lldpd ([01]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "lldpd_project:lldpd"
        purl = "pkg:generic/lldpd"
        license = "ISC"
        target = "elf"
        hit = "lldpd 1.0.16 starting... => 1.0.16"
        miss = "lldpd 1 is new"
    strings:
        $a = /lldpd [01]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule lltd_responder
{
    meta:
        component = "LLTD responder"
        version = "^RELEASE (1\\.[0-9])$"
        apart = 262144
        type = "application"
        purl = "pkg:generic/lltd"
        target = "elf"
        hit = "/etc/lld2d.conf\nRELEASE 1.2 => 1.2"
        miss = "/etc/lld2.conf\nRELEASE 1.2"
    strings:
        $a = "/etc/lld2d.conf"
    condition:
        $a
}
