rule miniupnpd
{
    meta:
        component = "MiniUPnPd"
        version = "^MiniUPnPd/([12]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "miniupnp_project:miniupnpd"
        purl = "pkg:generic/miniupnpd"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "MiniUPnPd/2.3.1 => 2.3.1"
        miss = "MiniUPnPd/x"
    strings:
        $a = /MiniUPnPd\/[12]\.[0-9]/
    condition:
        $a
}

rule miniupnpc
{
    meta:
        component = "MiniUPnPc"
        version = "^MiniUPnPc/([12]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "miniupnp_project:miniupnpc"
        purl = "pkg:generic/miniupnpc"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "User-Agent: Ubuntu/10.04, UPnP/1.0, MiniUPnPc/1.4 => 1.4"
        miss = "MiniUPnPc/x"
    strings:
        $a = /MiniUPnPc\/[12]\.[0-9]/
    condition:
        $a
}

rule upnpc
{
    meta:
        component = "MiniUPnPc"
        version = "^([12]\\.[0-9](?:\\.[0-9]{1,2})?)$"
        apart = 65536
        type = "application"
        cpe = "miniupnp_project:miniupnpc"
        purl = "pkg:generic/miniupnpc"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "upnpc : miniupnpc library test client, version %s.\n2.2.4 => 2.2.4"
        miss = "upnpc : miniupnpc library test client\n2.2.4"
    strings:
        $a = "upnpc : miniupnpc library test client, version %s."
    condition:
        $a
}
