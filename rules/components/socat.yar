rule socat
{
    meta:
        component = "socat"
        version = "^([12]\\.[0-9]\\.[0-9](?:\\.[0-9]{1,2})?)$"
        apart = 262144
        type = "application"
        cpe = "dest-unreach:socat"
        purl = "pkg:generic/socat"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "socat version %s on %s\n1.7.4.4 => 1.7.4.4"
        miss = "socat version 1.7.4.4"
    strings:
        $a = "socat version %s on %s"
    condition:
        $a
}
