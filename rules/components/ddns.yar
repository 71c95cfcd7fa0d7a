rule inadyn
{
    meta:
        component = "Inadyn"
        version = "(?:version |inadyn/)([12]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "inadyn_project:inadyn"
        purl = "pkg:generic/inadyn"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "inadyn/2.10.0 https://github.com/troglobit/inadyn/issues => 2.10.0"
        hit = "INADYN: Started 'INADYN version 1.96.2' => 1.96.2"
        miss = "inadyn/x"
    strings:
        $a = /In-a-dyn version [12]\.[0-9]/
        $b = /inadyn\/[12]\.[0-9]/
        $c = /INADYN: Started .INADYN version 1\.[0-9]/
    condition:
        any of them
}

rule ez_ipupdate
{
    meta:
        component = "ez-ipupdate"
        version = "(3\\.0\\.[0-9]+(?:b[0-9]+)?)"
        type = "application"
        cpe = "ez-ipupdate:ez-ipupdate"
        purl = "pkg:generic/ez-ipupdate"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ez-ipupdate Version 3.0.11b8 => 3.0.11b8"
        miss = "ez-ipupdate"
    strings:
        $a = /ez-ipupdate[- ](Version )?3\.0\.[0-9]/
    condition:
        $a
}

rule ez_ipupdate_apart
{
    meta:
        component = "ez-ipupdate"
        version = "^(3\\.0\\.[0-9]{1,2}(?:b[0-9])?)$"
        apart = 65536
        type = "application"
        cpe = "ez-ipupdate:ez-ipupdate"
        purl = "pkg:generic/ez-ipupdate"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "ez-ipupdate Version %s, Copyright (C) 1998-2001 Angus Mackay.\n3.0.11b7 => 3.0.11b7"
        miss = "ez-ipupdate\n3.0.11b7"
    strings:
        $a = "ez-ipupdate Version %s"
        $b = "%s Version %s, Copyright (C) 1998-"
    condition:
        any of them
}

rule updatedd
{
    meta:
        component = "updatedd"
        version = "(2\\.[0-9])"
        type = "application"
        purl = "pkg:generic/updatedd"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "updatedd version 2.6 => 2.6"
        miss = "updatedd"
    strings:
        $a = /updatedd (version )?2\.[0-9]/
    condition:
        $a
}
