rule cups
{
    meta:
        component = "CUPS"
        version = "^CUPS/([12]\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "openprinting:cups"
        purl = "pkg:generic/cups"
        license = "Apache-2.0"
        target = "elf"
        hit = "CUPS/2.4.2 IPP/2.1 => 2.4.2"
        miss = "CUPS/x"
    strings:
        $a = /CUPS\/[12]\.[0-9]\.[0-9]/
    condition:
        $a
}
