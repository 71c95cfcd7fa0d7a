rule samba
{
    meta:
        component = "Samba"
        version = "^(?:SAMBA_|Samba version |Samba )([234]\\.[0-9]+\\.[0-9]+[a-z]?)"
        type = "application"
        cpe = "samba:samba"
        purl = "pkg:generic/samba"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "SAMBA_4.17.12_DEBIAN_SAMBA4 => 4.17.12"
        hit = "Samba 3.0.24 => 3.0.24"
        miss = "Samba 4 or Windows"
    strings:
        $a = /SAMBA_[34]\.[0-9]{1,2}\.[0-9]{1,3}/
        $b = /Samba version [23]\.[0-9]/
        $c = /Samba [23]\.[0-9]\.[0-9]{1,2}[a-z]?/
    condition:
        any of them
}

rule samba_apart
{
    meta:
        component = "Samba"
        version = "^([234]\\.[0-9]{1,2}\\.[0-9]{1,2}[a-z]?)(?:-.{1,20})?$"
        apart = 262144
        type = "application"
        cpe = "samba:samba"
        purl = "pkg:generic/samba"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "smbd version %s started.\n3.0.37 => 3.0.37"
        miss = "Andrew Tridgell and others\n3.0.37"
    strings:
        $a = "Copyright Andrew Tridgell and the Samba Team"
        $b = "smbd version %s started."
    condition:
        $a or $b
}
