rule freeradius
{
    meta:
        component = "FreeRADIUS"
        version = "Version ([0-4]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "freeradius:freeradius"
        purl = "pkg:generic/freeradius"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "FreeRADIUS Version 3.2.1, for host arm => 3.2.1"
        miss = "FreeRADIUS Version"
    strings:
        $a = /FreeRADIUS Version [0-4]\.[0-9]/
    condition:
        $a
}
