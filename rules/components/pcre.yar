rule pcre
{
    meta:
        component = "PCRE"
        version = "^([4-8]\\.[0-9]+) "
        type = "library"
        cpe = "pcre:pcre"
        purl = "pkg:generic/pcre"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "8.39 2016-06-14 => 8.39"
        hit = "7.8 05-Sep-2008 => 7.8"
        miss = "8.39 was made 2016-06-14"
    strings:
        $a = /8\.[0-4][0-9] 20[0-2][0-9]-[01][0-9]-[0-3][0-9]/
        $b = /[4-7]\.[0-9] [0-3][0-9]-[A-Z][a-z]{2}-200[0-9]/
    condition:
        any of them
}

rule pcre2
{
    meta:
        component = "PCRE2"
        version = "^(10\\.[0-9]{2}) "
        type = "library"
        cpe = "pcre:pcre2"
        purl = "pkg:generic/pcre2"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "10.42 2022-12-11 => 10.42"
        miss = "10.42 of 2022-12-11"
    strings:
        $a = /10\.[0-9]{2} 20[0-2][0-9]-[01][0-9]-[0-3][0-9]/
    condition:
        $a
}
