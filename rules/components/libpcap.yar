rule libpcap
{
    meta:
        component = "libpcap"
        version = "version ([01]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "tcpdump:libpcap"
        purl = "pkg:generic/libpcap"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "libpcap version 1.10.3 (with TPACKET_V3)\ntruncated dump file; tried to read => 1.10.3"
        miss = "a bug of libpcap version 1.9.0."
    strings:
        $a = /libpcap version [01]\.[0-9]{1,2}(\.[0-9])?/
        $b = "truncated dump file; tried to read"
    condition:
        $a and $b
}
