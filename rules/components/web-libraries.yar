rule libwebsockets
{
    meta:
        component = "libwebsockets"
        version = "^([1-4]\\.[0-9]\\.[0-9]{1,2})(?:-.{0,20})?$"
        apart = 524288
        type = "library"
        cpe = "libwebsockets:libwebsockets"
        purl = "pkg:generic/libwebsockets"
        license = "MIT"
        target = "elf"
        hit = "LWS: %s, loglevel %d\n4.1.6- => 4.1.6"
        miss = "lws_create_context\n4.1.6-"
    strings:
        $a = "LWS: %s, loglevel %d"
    condition:
        $a
}

rule gnu_libmicrohttpd
{
    meta:
        component = "GNU libmicrohttpd"
        version = "^([01]\\.[0-9]\\.[0-9]{1,2})$"
        apart = 262144
        type = "library"
        cpe = "gnu:libmicrohttpd"
        purl = "pkg:generic/libmicrohttpd"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "Fatal error in GNU libmicrohttpd %s:%u: %s\n0.9.75 => 0.9.75"
        miss = "GNU libmicrohttpd\n0.9.75"
    strings:
        $a = "Fatal error in GNU libmicrohttpd %s:%u: %s"
        $b = "MHD_get_version"
    condition:
        $a or $b
}

rule gsoap
{
    meta:
        component = "gSOAP"
        version = "^gSOAP/(2\\.[0-9](?:\\.[0-9]+)?)"
        type = "library"
        cpe = "genivia:gsoap"
        purl = "pkg:generic/gsoap"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "User-Agent: gSOAP/2.8 => 2.8"
        miss = "gSOAP/x"
    strings:
        $a = /gSOAP\/2\.[0-9]/
    condition:
        $a
}
