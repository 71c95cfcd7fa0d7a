rule dropbear_ssh
{
    meta:
        component = "Dropbear SSH"
        version = "^SSH-2\\.0-dropbear_(20[0-9]{2}\\.[0-9]+|0\\.[0-9]+)"
        type = "application"
        cpe = "dropbear_ssh_project:dropbear_ssh"
        purl = "pkg:generic/dropbear-ssh"
        license = "MIT"
        target = "elf"
        hit = "SSH-2.0-dropbear_2022.83 => 2022.83"
        hit = "SSH-2.0-dropbear_0.52 => 0.52"
        miss = "SSH-2.0-dropbear"
    strings:
        $a = /SSH-2\.0-dropbear_[0-9]/
    condition:
        $a
}

rule dropbear_help
{
    meta:
        component = "Dropbear SSH"
        version = "^(?:Dropbear sshd v)?(20[0-9]{2}\\.[0-9]{2}|0\\.[3-5][0-9])$"
        apart = 262144
        type = "application"
        cpe = "dropbear_ssh_project:dropbear_ssh"
        purl = "pkg:generic/dropbear-ssh"
        license = "MIT"
        target = "elf"
        hit = "Dropbear server v%s https://matt.ucc.asn.au/dropbear/dropbear.html\n2022.83 => 2022.83"
        miss = "see Dropbear, 2022.83"
    strings:
        $a = "Dropbear sshd v"
        $b = "Dropbear server v%s"
        $c = "Dropbear SSH client v%s"
        $d = "Dropbear client v%s"
    condition:
        any of them
}
