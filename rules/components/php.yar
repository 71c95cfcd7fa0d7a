rule php
{
    meta:
        component = "PHP"
        version = "PHP/([3-8]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "php:php"
        purl = "pkg:generic/php"
        license = "PHP-3.01"
        target = "elf"
        hit = "X-Powered-By: PHP/8.2.32 => 8.2.32"
        miss = "X-Powered-By: PHP/"
        miss = "User-Agent: PHP/5.2.4"
    strings:
        $a = /X-Powered-By: PHP\/[3-8]\.[0-9]/
    condition:
        $a
}
