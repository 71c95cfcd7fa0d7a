rule openssh
{
    meta:
        component = "OpenSSH"
        version = "^OpenSSH_([0-9]+\\.[0-9]+(?:\\.[0-9])?p[0-9])"
        type = "application"
        cpe = "openbsd:openssh"
        purl = "pkg:generic/openssh"
        license = "BSD-2-Clause"
        target = "elf"
        hit = "OpenSSH_9.2p1 Debian-2+deb12u10 => 9.2p1"
        miss = "OpenSSH_2.*,OpenSSH_3.0*,OpenSSH_3.1*"
        miss = "OpenSSH_6.6.1*"
    strings:
        $a = /OpenSSH_[1-9][0-9]?\.[0-9]{1,2}(\.[0-9])?p[0-9]/
    condition:
        $a
}
