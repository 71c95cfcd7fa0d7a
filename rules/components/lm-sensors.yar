rule lm_sensors
{
    meta:
        component = "lm-sensors"
        version = "^([23]\\.[0-9]\\.[0-9])$"
        apart = 65536
        type = "application"
        cpe = "lm-sensors:lm-sensors"
        purl = "pkg:generic/lm-sensors"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "%s version %s with libsensors version %s\n3.6.0 => 3.6.0"
        miss = "with libsensors version %s\n3.6.0"
    strings:
        $a = "%s version %s with libsensors version %s"
    condition:
        $a
}
