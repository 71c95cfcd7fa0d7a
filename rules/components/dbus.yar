rule d_bus
{
    meta:
        component = "D-Bus"
        version = "(?:PRIVATE_|libdbus )(1\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "freedesktop:dbus"
        purl = "pkg:generic/d-bus"
        license = "AFL-2.1"
        target = "elf"
        hit = "LIBDBUS_PRIVATE_1.14.10 => 1.14.10"
        miss = "LIBDBUS_PRIVATE"
    strings:
        $a = /LIBDBUS_PRIVATE_1\.[0-9]/
        $b = /libdbus 1\.[0-9]{1,2}\.[0-9]/
    condition:
        any of them
}
