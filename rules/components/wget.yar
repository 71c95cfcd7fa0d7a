rule wget
{
    meta:
        component = "Wget"
        version = "^(1\\.(?:[5-9]|[12][0-9])(?:\\.[0-9]{1,2})?)$"
        apart = 262144
        type = "application"
        cpe = "gnu:wget"
        purl = "pkg:generic/wget"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU Wget %s, a non-interactive network retriever.\n1.21.3 => 1.21.3"
        miss = "User-Agent: Wget\n1.21.3"
    strings:
        $a = "GNU Wget %s, a non-interactive network retriever."
    condition:
        $a
}

rule wget_old
{
    meta:
        component = "Wget"
        version = "^GNU Wget (1\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "gnu:wget"
        purl = "pkg:generic/wget"
        license = "GPL-3.0-or-later"
        target = "elf"
        hit = "GNU Wget 1.9.1, a non-interactive network retriever. => 1.9.1"
        miss = "GNU Wget 1.9.1 is old"
    strings:
        $a = /GNU Wget 1\.[0-9]{1,2}(\.[0-9]{1,2})?, a non-interactive/
    condition:
        $a
}
