rule lighttpd
{
    meta:
        component = "lighttpd"
        version = "^lighttpd[-/](1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "lighttpd:lighttpd"
        purl = "pkg:generic/lighttpd"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "lighttpd/1.4.69 (ssl) - a light and fast webserver => 1.4.69"
        miss = "Server: lighttpd/1.4.69 was seen"
    strings:
        $a = /lighttpd[-\/]1\.[0-9]\.[0-9]{1,2}( \(ssl\))? - a light and fast webserver/
        $b = /lighttpd\/1\.[0-9]\.[0-9]{1,2}\x00/
    condition:
        any of them
}
