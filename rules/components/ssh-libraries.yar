rule libssh
{
    meta:
        component = "libssh"
        version = "^SSH-2\\.0-libssh[_-](0\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "libssh:libssh"
        purl = "pkg:generic/libssh"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "SSH-2.0-libssh_0.10.6 => 0.10.6"
        miss = "SSH-2.0-libssh is known"
    strings:
        $a = /SSH-2\.0-libssh[_-]0\.[0-9]/
    condition:
        $a
}

rule libssh2
{
    meta:
        component = "libssh2"
        version = "^SSH-2\\.0-libssh2_([0-9]+\\.[0-9]+(?:\\.[0-9]+)?)"
        type = "library"
        cpe = "libssh2:libssh2"
        purl = "pkg:generic/libssh2"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "SSH-2.0-libssh2_1.10.0 => 1.10.0"
        miss = "SSH-2.0-libssh2_ prefix"
    strings:
        $a = /SSH-2\.0-libssh2_[0-9]\.[0-9]/
    condition:
        $a
}
