rule privoxy
{
    meta:
        component = "Privoxy"
        version = "version (3\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "privoxy:privoxy"
        purl = "pkg:generic/privoxy"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Privoxy version 3.0.34 (https://www.privoxy.org/) => 3.0.34"
        miss = "Privoxy version"
    strings:
        $a = /Privoxy version 3\.[0-9]/
    condition:
        $a
}

rule tinyproxy
{
    meta:
        component = "Tinyproxy"
        version = "^tinyproxy[/ ](1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "tinyproxy_project:tinyproxy"
        purl = "pkg:generic/tinyproxy"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "tinyproxy/1.11.1 => 1.11.1"
        miss = "tinyproxy 2"
    strings:
        $a = /tinyproxy[\/ ]1\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
