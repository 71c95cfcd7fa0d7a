rule libjpeg_turbo
{
    meta:
        component = "libjpeg-turbo"
        version = "version ([12]\\.[0-9](?:\\.[0-9]+)?)"
        type = "library"
        cpe = "libjpeg-turbo:libjpeg-turbo"
        purl = "pkg:generic/libjpeg-turbo"
        license = "IJG"
        target = "elf"
        hit = "libjpeg-turbo version 2.1.5 (build 20230203) => 2.1.5"
        miss = "libjpeg-turbo version"
    strings:
        $a = /libjpeg-turbo version [12]\.[0-9]/
    condition:
        $a
}

rule libjpeg
{
    meta:
        component = "libjpeg"
        version = "^([6-9][a-f]?)  [0-9]{1,2}-[A-Z][a-z]{2}-[12][0-9]{3}$"
        apart = 4096
        type = "library"
        cpe = "ijg:libjpeg"
        purl = "pkg:generic/libjpeg"
        license = "IJG"
        target = "elf"
        hit = "Copyright (C) 1998, Thomas G. Lane\n6b  27-Mar-1998 => 6b"
        miss = "by Thomas G. Lane\n6b  27-Mar-1998"
    strings:
        $a = /Copyright \(C\) [12][0-9]{3}, Thomas G\. Lane/
    condition:
        $a
}
