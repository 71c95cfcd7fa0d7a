rule lantiq_ugw
{
    meta:
        component = "Lantiq UGW"
        version = "UGW[-_ ](?:SW-)?([4-9]\\.[0-9](?:\\.[0-9.]*[0-9])?)"
        type = "firmware"
        purl = "pkg:generic/lantiq-ugw"
        target = "elf"
        hit = "UGW-5.4.1.2 => 5.4.1.2"
        miss = "UGW"
    strings:
        $a = /UGW[-_ ]([4-9]\.[0-9]|SW-)/
    condition:
        $a
}
