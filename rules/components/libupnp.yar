rule portable_sdk_for_upnp_libupnp
{
    meta:
        component = "Portable SDK for UPnP (libupnp)"
        version = "devices/ ?(1\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "pupnp_project:pupnp"
        purl = "pkg:generic/libupnp"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "%s/%s, UPnP/1.0, Portable SDK for UPnP devices/1.8.4 => 1.8.4"
        miss = "the Portable SDK for UPnP devices"
    strings:
        $a = /Portable SDK for UPnP devices\/ ?1\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule libupnp_intel
{
    meta:
        component = "Portable SDK for UPnP (libupnp)"
        version = "devices ?/ ?(1\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "pupnp_project:pupnp"
        purl = "pkg:generic/libupnp"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "Linux/2.4, UPnP/1.0, Intel SDK for UPnP devices /1.2 => 1.2"
        miss = "Intel SDK for UPnP devices"
    strings:
        $a = /Intel SDK for UPnP devices ?\/ ?1\.[0-9]/
    condition:
        $a
}

/* Assertions name the source files where the library is built into a program. */
rule libupnp_source
{
    meta:
        component = "Portable SDK for UPnP (libupnp)"
        type = "library"
        cpe = "pupnp_project:pupnp"
        purl = "pkg:generic/libupnp"
        license = "BSD-3-Clause"
        confidence = "medium"
        target = "elf"
        hit = "libUpnp/src/ssdp_device.c => "
        miss = "libUpnp/src"
    strings:
        $a = /libUpnp\/src\/(ssdp_|httpreadwrite|webserver|httpparser|miniserver)/
        $b = /upnp\/src\/(ssdp\/ssdp_|genlib\/(net|miniserver|service_table))/
    condition:
        any of them
}
