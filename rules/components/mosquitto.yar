rule mosquitto
{
    meta:
        component = "Mosquitto"
        version = "^([0-2]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "application"
        cpe = "eclipse:mosquitto"
        purl = "pkg:generic/mosquitto"
        license = "EPL-2.0"
        target = "elf"
        hit = "mosquitto version %s starting\n2.0.11 => 2.0.11"
        miss = "mosquitto version\n2.0.11"
    strings:
        $a = "mosquitto version %s starting"
        $b = "mosquitto version %s running"
    condition:
        any of them
}
