rule libevent
{
    meta:
        component = "libevent"
        version = "^([12]\\.[0-9]{1,2}[a-d]?(?:\\.[0-9]{1,2})?(?:-stable|-beta|-rc|-alpha(?:-dev)?)?)$"
        apart = 524288
        type = "library"
        cpe = "libevent_project:libevent"
        purl = "pkg:generic/libevent"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "event_base_loop can run on each event_base at once.\n2.1.12-stable => 2.1.12-stable"
        miss = "event_base_new\n2.1.12-stable"
    strings:
        $a = "event_base_loop can run on each event_base at once."
    condition:
        $a
}

rule libuv
{
    meta:
        component = "libuv"
        version = "^(1\\.[0-9]{1,2}\\.[0-9]{1,2})(?:-dev)?$"
        apart = 524288
        type = "library"
        cpe = "libuv:libuv"
        purl = "pkg:generic/libuv"
        license = "MIT"
        target = "elf"
        hit = "[%c%c%c] %-8s %p\n1.44.2 => 1.44.2"
        miss = "uv_version_string\n1.44.2"
    strings:
        $a = "[%c%c%c] %-8s %p"
    condition:
        $a
}
