rule libcurl
{
    meta:
        component = "libcurl"
        version = "libcurl[ /]([78]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "haxx:libcurl"
        purl = "pkg:generic/libcurl"
        license = "curl"
        target = "elf"
        hit = "CLIENT libcurl 7.88.1 => 7.88.1"
        miss = "libcurl 7 is needed"
    strings:
        $a = /CLIENT libcurl [78]\.[0-9]{1,2}\.[0-9]/
        $b = /libcurl\/[78]\.[0-9]{1,2}\.[0-9]/
    condition:
        any of them
}

rule curl
{
    meta:
        component = "curl"
        version = "^curl ([78]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "haxx:curl"
        purl = "pkg:generic/curl"
        license = "curl"
        target = "elf"
        hit = "curl 7.88.1 (arm-unknown-linux-gnueabihf) %s => 7.88.1"
        miss = "User-Agent: curl/7.38.0"
        miss = "curl 7.19.0 (or later)"
    strings:
        $a = /curl [78]\.[0-9]{1,2}\.[0-9]{1,2} \([a-z0-9_]+-/
    condition:
        $a
}
