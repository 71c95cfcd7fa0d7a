rule marvell_lsp
{
    meta:
        component = "Marvell LSP"
        version = "([0-9]\\.[0-9](?:\\.[0-9]+)*(?:_NQ)?)"
        type = "firmware"
        purl = "pkg:generic/marvell-lsp"
        target = "elf"
        hit = "Marvell Linux Release 5.1.3 => 5.1.3"
        miss = "Marvell"
    strings:
        $b = /Marvell (LSP|Linux Release|U-Boot) ?v?(ersion )?[0-9]\.[0-9]/
    condition:
        $b
}
