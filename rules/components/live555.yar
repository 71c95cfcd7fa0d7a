rule live555
{
    meta:
        component = "LIVE555"
        version = "v(20[0-9]{2}\\.[0-9]{2}\\.[0-9]{2})"
        type = "library"
        cpe = "live555:streaming_media"
        purl = "pkg:generic/live555"
        license = "LGPL-3.0-or-later"
        target = "elf"
        hit = "(LIVE555 Streaming Media v2013.04.30) => 2013.04.30"
        miss = "LIVE555 Streaming Media"
    strings:
        $a = /LIVE555 Streaming Media v20[0-9]{2}\.[0-9]{2}/
    condition:
        $a
}
