rule lzo
{
    meta:
        component = "LZO"
        version = "LZO version: v([12]\\.[0-9]{2})"
        type = "library"
        cpe = "oberhumer:lzo"
        purl = "pkg:generic/lzo"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "$Id: LZO version: v2.06, Aug 12 2011 => 2.06"
        miss = "LZO version:"
    strings:
        $b = /LZO version: v[12]\.[0-9]{2}/
    condition:
        $b
}
