rule procps
{
    meta:
        component = "procps"
        version = "^procps(?:-ng)? (?:version )?([2-4]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "procps_project:procps"
        purl = "pkg:generic/procps"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "procps-ng 4.0.2 => 4.0.2"
        miss = "procps 4"
    strings:
        $a = /procps(-ng)? (version )?[2-4]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}
