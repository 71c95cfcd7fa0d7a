rule coturn
{
    meta:
        component = "coturn"
        version = "^Coturn-(4\\.[0-9]\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "application"
        cpe = "coturn_project:coturn"
        purl = "pkg:generic/coturn"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "Coturn-4.6.1 'Gorst' => 4.6.1"
        miss = "Coturn-server"
    strings:
        $a = /Coturn-4\.[0-9]\.[0-9]/
    condition:
        $a
}
