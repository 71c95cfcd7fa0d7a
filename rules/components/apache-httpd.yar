rule apache_http_server
{
    meta:
        component = "Apache HTTP Server"
        version = "^Apache/([12]\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "apache:http_server"
        purl = "pkg:generic/apache-http-server"
        license = "Apache-2.0"
        target = "elf"
        hit = "Apache/2.2.15 (Unix) => 2.2.15"
        miss = "Apache/2.2.15 was seen"
    strings:
        $a = /Apache\/[12]\.[0-9]\.[0-9]{1,2}( \(Unix\)|\x00)/
    condition:
        $a
}
