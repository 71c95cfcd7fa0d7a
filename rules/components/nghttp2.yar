rule nghttp2
{
    meta:
        component = "nghttp2"
        version = "^([01]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 524288
        type = "library"
        cpe = "nghttp2:nghttp2"
        purl = "pkg:generic/nghttp2"
        license = "MIT"
        target = "elf"
        hit = "The user callback function failed due to the temporal error\n1.52.0 => 1.52.0"
        miss = "nghttp2_version\n1.52.0"
    strings:
        $a = "The user callback function failed due to the temporal error"
    condition:
        $a
}
