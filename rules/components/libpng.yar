rule libpng
{
    meta:
        component = "libpng"
        version = "version ([01]\\.[0-9]\\.[0-9]+)"
        type = "library"
        cpe = "libpng:libpng"
        purl = "pkg:generic/libpng"
        license = "Libpng"
        target = "elf"
        hit = " libpng version 1.6.39 - November 20, 2022 => 1.6.39"
        miss = "libpng version 1.6.39"
    strings:
        $a = /libpng version [01]\.[0-9]\.[0-9]{1,2}(beta[0-9]{1,2}|rc[0-9]{1,2})? - [A-Z][a-z]+ [0-9]{1,2}, [12][0-9]{3}/
    condition:
        $a
}
