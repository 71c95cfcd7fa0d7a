rule iperf
{
    meta:
        component = "iperf"
        version = "iperf (?:version )?([123]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "es:iperf3"
        purl = "pkg:generic/iperf"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "iperf version 2.0.5 (08 Jul 2010) pthreads => 2.0.5"
        miss = "iperf version"
    strings:
        $a = /iperf version [12]\.[0-9]\.[0-9]/
        $b = /\x00iperf 3\.[0-9]{1,2}/
        $c = /iperf 3\.[0-9]{1,2}(\.[0-9]{1,2})?\x00/
    condition:
        any of them
}
