rule net_snmp
{
    meta:
        component = "Net-SNMP"
        version = "^([4-6]\\.[0-9](?:\\.[0-9]+)*(?:\\.?(?:rc|pre)[0-9]+)?)$"
        apart = 262144
        type = "application"
        cpe = "net-snmp:net-snmp"
        purl = "pkg:generic/net-snmp"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "NET-SNMP version %s\n5.4.2.1 => 5.4.2.1"
        miss = "NET-SNMP version\n5.4.2.1"
    strings:
        $a = "NET-SNMP version:  %s"
        $b = "NET-SNMP version %s"
        $c = "NET-SNMP version: %s"
    condition:
        any of them
}
