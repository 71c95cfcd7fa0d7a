rule nginx
{
    meta:
        component = "nginx"
        version = "nginx/([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "f5:nginx"
        purl = "pkg:generic/nginx"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "nginx version: nginx/1.22.1 => 1.22.1"
        miss = "behind nginx/1.22.1 or so"
    strings:
        $a = /nginx version: nginx\/[0-9]\.[0-9]/
        $b = /nginx\/[01]\.[0-9]{1,2}\.[0-9]{1,2}\x00/
    condition:
        any of them
}
