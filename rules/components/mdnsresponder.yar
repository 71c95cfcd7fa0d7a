rule mdnsresponder
{
    meta:
        component = "mDNSResponder"
        version = "^mDNSResponder-([0-9]{2,4}(?:\\.[0-9]+)*)"
        type = "application"
        cpe = "apple:mdnsresponder"
        purl = "pkg:generic/mdnsresponder"
        license = "Apache-2.0"
        target = "elf"
        hit = "mDNSResponder-333.10 (Aug  6 2012) => 333.10"
        miss = "mDNSResponder-like"
    strings:
        $a = /mDNSResponder-[0-9]{2,4}/
        $b = /mDNSResponder \(Engineering Build\)/
    condition:
        any of them
}
