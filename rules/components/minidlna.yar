rule minidlna
{
    meta:
        component = "MiniDLNA"
        version = "version (1\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "readymedia_project:readymedia"
        purl = "pkg:generic/minidlna"
        license = "GPL-2.0-only"
        target = "elf"
        hit = "Starting MiniDLNA version 1.3.0. => 1.3.0"
        miss = "Starting MiniDLNA version"
    strings:
        $a = /Starting (MiniDLNA|ReadyDLNA|ReadyMedia) version 1\.[0-9]/
    condition:
        $a
}
