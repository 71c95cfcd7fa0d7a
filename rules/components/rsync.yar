rule rsync
{
    meta:
        component = "rsync"
        version = "^(?:rsync  version )?([23]\\.[0-9]\\.[0-9](?:pre[0-9])?)(?:  protocol version.*)?$"
        apart = 262144
        type = "application"
        cpe = "samba:rsync"
        purl = "pkg:generic/rsync"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "%s  version %s  protocol version %d\n3.2.7 => 3.2.7"
        hit = "rsync  version 2.6.9  protocol version 29 => 2.6.9"
        miss = "rsync  version unknown"
    strings:
        $a = /rsync  version [23]\.[0-9]/
        $b = "rsync  version %s  protocol version %d"
        $c = "%s  version %s  protocol version %d"
    condition:
        any of them
}
