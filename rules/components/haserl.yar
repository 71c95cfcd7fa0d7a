rule haserl
{
    meta:
        component = "haserl"
        version = "version (0\\.[89]\\.[0-9]+)"
        type = "application"
        cpe = "haserl_project:haserl"
        purl = "pkg:generic/haserl"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "This is haserl version 0.9.36 (http://haserl.sourceforge.net) => 0.9.36"
        miss = "haserl version"
    strings:
        $a = /This is haserl version 0\.[89]/
    condition:
        $a
}
