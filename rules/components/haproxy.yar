rule haproxy
{
    meta:
        component = "HAProxy"
        version = "^(?:HA-Proxy version )?([1-3]\\.[0-9]{1,2}\\.[0-9]{1,2})(?:[- ].*)?$"
        apart = 1048576
        type = "application"
        cpe = "haproxy:haproxy"
        purl = "pkg:generic/haproxy"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "HA-Proxy version 1.5.8 2014/10/31 => 1.5.8"
        hit = "HAProxy version %s %s - https://haproxy.org/\n2.6.12-1+deb12u3 => 2.6.12"
        miss = "not supported any more since HAProxy version 2.5."
    strings:
        $a = "HAProxy version %s %s - https://haproxy.org/"
        $b = /HA-Proxy version [1-3]\.[0-9]/
    condition:
        any of them
}
