rule info_zip_unzip
{
    meta:
        component = "Info-ZIP UnZip"
        version = "UnZip ([56]\\.[0-9]+[a-z]?)"
        type = "application"
        cpe = "info-zip_project:unzip"
        purl = "pkg:generic/unzip"
        license = "Info-ZIP"
        target = "elf"
        hit = "UnZip 6.00 of 20 April 2009 => 6.00"
        miss = "UnZip 6.00 or so"
    strings:
        $a = /UnZip [56]\.[0-9]{1,2}[a-z]? of /
        $b = "UnZip %d.%d%d%s of %s"
    condition:
        $a or $b
}

rule info_zip_zip
{
    meta:
        component = "Info-ZIP Zip"
        version = "^([23]\\.[0-9]{1,2})$"
        apart = 65536
        type = "application"
        cpe = "info-zip_project:zip"
        purl = "pkg:generic/zip"
        license = "Info-ZIP"
        target = "elf"
        hit = "[encryption, version %d.%d%s of %s] (modified for Zip 3)\n3.0 => 3.0"
        miss = "encryption, version 3\n3.0"
    strings:
        $a = "[encryption, version %d.%d%s of %s]"
    condition:
        $a
}
