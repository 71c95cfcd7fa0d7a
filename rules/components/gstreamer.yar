rule gstreamer
{
    meta:
        component = "GStreamer"
        version = "^([01]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 1048576
        type = "library"
        cpe = "gstreamer:gstreamer"
        purl = "pkg:generic/gstreamer"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "GStreamer Core Library version %s\n1.22.0 => 1.22.0"
        miss = "GStreamer\n1.22.0"
    strings:
        $a = "GStreamer Core Library version %s"
    condition:
        $a
}
