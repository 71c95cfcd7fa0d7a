rule zeromq
{
    meta:
        component = "ZeroMQ"
        version = "zeromq[234]?-([2-4]\\.[0-9]\\.[0-9])"
        type = "library"
        cpe = "zeromq:libzmq"
        purl = "pkg:generic/zeromq"
        license = "MPL-2.0"
        target = "elf"
        hit = "zeromq3-4.3.4/src/ctx.cpp => 4.3.4"
        hit = "N3zmq9channel_tE => "
        miss = "zeromq 4.3.4"
    strings:
        $b = "N3zmq9channel_tE"
        $c = /zeromq-[2-4]\.[0-9]\.[0-9]/
        $d = /zeromq[234]?-[2-4]\.[0-9]\.[0-9]\/src/
    condition:
        $b or $c or $d
}
