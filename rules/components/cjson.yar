rule cjson
{
    meta:
        component = "cJSON"
        version = "^(1\\.[0-9]\\.[0-9]{1,2})$"
        apart = 65536
        type = "library"
        cpe = "cjson_project:cjson"
        purl = "pkg:generic/cjson"
        license = "MIT"
        target = "elf"
        hit = "cJSON_Version\n1.7.15 => 1.7.15"
        miss = "cJSON_Parse\n1.7.15"
    strings:
        $a = "cJSON_Version"
    condition:
        $a
}
