rule tcpdump
{
    meta:
        component = "tcpdump"
        version = "version (4\\.[0-9]+\\.[0-9]+|3\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "tcpdump:tcpdump"
        purl = "pkg:generic/tcpdump"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "%s version 4.99.3\ntcpdump => 4.99.3"
        miss = "%s version 4.99.3"
    strings:
        $a = /%s version 4\.[0-9]{1,2}\.[0-9]/
        $b = "tcpdump"
    condition:
        $a and $b
}
