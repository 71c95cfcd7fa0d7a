rule libyaml
{
    meta:
        component = "LibYAML"
        version = "^(0\\.[12]\\.[0-9])$"
        apart = 262144
        type = "library"
        cpe = "pyyaml:libyaml"
        purl = "pkg:generic/libyaml"
        license = "MIT"
        target = "elf"
        hit = "did not find expected node content\n0.2.5 => 0.2.5"
        miss = "yaml_parser_initialize\n0.2.5"
    strings:
        $a = "did not find expected node content"
        $b = "Go buildinf:"
    condition:
        $a and not $b
}
