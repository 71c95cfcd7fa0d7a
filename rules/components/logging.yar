rule rsyslog
{
    meta:
        component = "rsyslog"
        version = "swVersion=\"([0-9]+\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "rsyslog:rsyslog"
        purl = "pkg:generic/rsyslog"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"%d\" => 8.2302.0"
        miss = "rsyslogd  8.2302.0"
    strings:
        $a = /software="rsyslogd" swVersion="[0-9]/
    condition:
        $a
}

rule syslog_ng
{
    meta:
        component = "syslog-ng"
        version = "([1-4]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "oneidentity:syslog-ng"
        purl = "pkg:generic/syslog-ng"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "syslog-ng 3 (3.38.1) => 3.38.1"
        miss = "syslog-ng 3"
    strings:
        $a = /syslog-ng [1-4] \([1-4]\.[0-9]{1,2}\.[0-9]/
        $b = /syslog-ng [12]\.[0-9]\.[0-9]/
    condition:
        any of them
}

rule logrotate
{
    meta:
        component = "logrotate"
        version = "^logrotate (3\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "logrotate_project:logrotate"
        purl = "pkg:generic/logrotate"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "logrotate 3.21.0 - Copyright (C) 1995-2001 Red Hat, Inc. => 3.21.0"
        miss = "logrotate 3.21.0"
    strings:
        $a = /logrotate 3\.[0-9]{1,2}(\.[0-9])? - Copyright/
    condition:
        $a
}
