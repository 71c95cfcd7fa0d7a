rule jansson
{
    meta:
        component = "Jansson"
        version = "^(2\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 262144
        type = "library"
        cpe = "jansson_project:jansson"
        purl = "pkg:generic/jansson"
        license = "MIT"
        target = "elf"
        hit = "'[' or '{' expected\n2.14 => 2.14"
        miss = "json_object_set_new_nocheck\n2.14"
    strings:
        $a = "'[' or '{' expected"
    condition:
        $a
}

rule json_c
{
    meta:
        component = "json-c"
        version = "^(0\\.[0-9]{1,2}(?:\\.[0-9])?)(?:\\.99)?$"
        apart = 262144
        type = "library"
        cpe = "json-c_project:json-c"
        purl = "pkg:generic/json-c"
        license = "MIT"
        target = "elf"
        hit = "json_c_version\njson_c_set_serialization_double_format\n0.16 => 0.16"
        miss = "json_c_version\n0.16"
    strings:
        $a = "json_c_version"
        $b = "json_c_set_serialization_double_format"
    condition:
        $a and $b
}
