rule c_ares
{
    meta:
        component = "c-ares"
        version = "^(1\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "library"
        cpe = "c-ares_project:c-ares"
        purl = "pkg:generic/c-ares"
        license = "MIT"
        target = "elf"
        hit = "DNS server returned answer with no data\n1.18.1 => 1.18.1"
        miss = "ares_version\n1.18.1"
    strings:
        $a = "DNS server returned answer with no data"
    condition:
        $a
}
