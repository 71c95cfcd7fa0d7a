rule boost
{
    meta:
        component = "Boost"
        version = "boost_(1_[0-9]+_[0-9])"
        type = "library"
        cpe = "boost:boost"
        purl = "pkg:generic/boost"
        license = "BSL-1.0"
        target = "elf"
        hit = "/src/boost_1_55_0/boost/system => 1_55_0"
        miss = "boost_1"
    strings:
        $a = /\/boost_1_[0-9]{2}_[0-9]\//
    condition:
        $a
}
