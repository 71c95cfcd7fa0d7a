rule mini_httpd
{
    meta:
        component = "mini_httpd"
        version = "^mini_httpd/(1\\.[0-9]+[a-z]?)"
        type = "application"
        cpe = "acme:mini_httpd"
        purl = "pkg:generic/mini-httpd"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "mini_httpd/1.30 26Oct2018 => 1.30"
        miss = "mini_httpd/ and others"
    strings:
        $a = /mini_httpd\/1\.[0-9]{2}/
    condition:
        $a
}

rule thttpd
{
    meta:
        component = "thttpd"
        version = "^thttpd/(2\\.[0-9]+[a-z]?)"
        type = "application"
        cpe = "acme:thttpd"
        purl = "pkg:generic/thttpd"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "thttpd/2.25b 29dec2003 => 2.25b"
        miss = "thttpd/1 is another"
    strings:
        $a = /thttpd\/2\.[0-9]{1,2}/
    condition:
        $a
}

rule micro_httpd
{
    meta:
        component = "micro_httpd"
        type = "application"
        cpe = "acme:micro_httpd"
        purl = "pkg:generic/micro-httpd"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "Server: micro_httpd => "
        miss = "a micro httpd"
    strings:
        $a = "Server: micro_httpd"
        $b = "micro_httpd</A>"
    condition:
        any of them
}

rule uhttpd
{
    meta:
        component = "uhttpd"
        type = "application"
        cpe = "openwrt:uhttpd"
        purl = "pkg:generic/uhttpd"
        license = "ISC"
        target = "elf"
        hit = "-D Do not follow symlinks outside of the docroot => "
        miss = "uhttpd: "
    strings:
        $c = "Do not follow symlinks outside of the docroot"
    condition:
        $c
}

rule monkey
{
    meta:
        component = "monkey"
        version = "(?:Monkey/|v)([01]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "monkey-project:monkey"
        purl = "pkg:generic/monkey"
        license = "Apache-2.0"
        target = "elf"
        hit = "Server: Monkey/0.9.2 (Linux) => 0.9.2"
        miss = "Monkey/business"
    strings:
        $a = /Monkey\/[01]\.[0-9]{1,2}\.[0-9] \(/
        $b = /Monkey HTTP (Daemon|Server) v[01]\.[0-9]/
    condition:
        any of them
}

rule mongoose
{
    meta:
        component = "Mongoose"
        version = "(?:Mongoose/|v\\.? ?)([2-7]\\.[0-9]+)"
        type = "application"
        cpe = "cesanta:mongoose"
        purl = "pkg:generic/mongoose"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Server: Mongoose/6.15 => 6.15"
        miss = "mongoose web server"
    strings:
        $a = /Mongoose\/[3-7]\.[0-9]/
        $b = /mongoose web server v\.? ?[2-7]\.[0-9]/
    condition:
        any of them
}

rule civetweb
{
    meta:
        component = "CivetWeb"
        version = "^CivetWeb V?(1\\.[0-9]+)"
        type = "application"
        cpe = "civetweb_project:civetweb"
        purl = "pkg:generic/civetweb"
        license = "MIT"
        target = "elf"
        hit = "CivetWeb V1.15 => 1.15"
        miss = "CivetWeb is used"
    strings:
        $a = /CivetWeb V?1\.[0-9]{1,2}/
    condition:
        $a
}

rule hiawatha
{
    meta:
        component = "Hiawatha"
        version = "^Hiawatha v([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "hiawatha-webserver:hiawatha"
        purl = "pkg:generic/hiawatha"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Hiawatha v8.6 => 8.6"
        miss = "Hiawatha version"
    strings:
        $a = /Hiawatha v[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule cherokee
{
    meta:
        component = "Cherokee"
        version = "^Cherokee/([01]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "cherokee-project:cherokee"
        purl = "pkg:generic/cherokee"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Cherokee/1.2.104 (UNIX) => 1.2.104"
        miss = "Cherokee/x"
    strings:
        $a = /Cherokee\/[01]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule rompager
{
    meta:
        component = "RomPager"
        version = "RomPager/ ?([0-9]\\.[0-9]+)"
        type = "application"
        cpe = "allegrosoft:rompager"
        purl = "pkg:generic/rompager"
        target = "elf"
        hit = "Server: Allegro-Software-RomPager/4.07 => 4.07"
        miss = "RomPager/ is meant"
    strings:
        $a = /RomPager\/[0-9]\.[0-9]{1,2}/
        $b = /Allegro-Software-RomPager\/ ?[0-9]\.[0-9]/
    condition:
        any of them
}
