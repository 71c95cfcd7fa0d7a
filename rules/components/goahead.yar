rule goahead
{
    meta:
        component = "GoAhead"
        version = "GoAhead/([2-6]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "embedthis:goahead"
        purl = "pkg:generic/goahead"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "Server: GoAhead-Webs => "
        hit = "GoAhead/3.6.5 => 3.6.5"
        miss = "GoAhead with it"
    strings:
        $a = "Server: GoAhead-Webs"
        $b = /GoAhead\/[2-6]\.[0-9]{1,2}\.[0-9]/
        $c = "GoAhead-Webs"
    condition:
        any of them
}
