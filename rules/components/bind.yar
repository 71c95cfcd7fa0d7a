rule bind
{
    meta:
        component = "BIND"
        version = "BIND (9\\.[0-9]+\\.[0-9]+(?:-P[0-9])?)"
        type = "application"
        cpe = "isc:bind"
        purl = "pkg:generic/bind"
        license = "MPL-2.0"
        target = "elf"
        hit = "BIND 9.4.2-P1 => 9.4.2-P1"
        miss = "BIND 9"
    strings:
        $a = /named \(version BIND 9\.[0-9]/
        $b = /BIND 9\.[0-9]{1,2}\.[0-9]/
    condition:
        any of them
}
