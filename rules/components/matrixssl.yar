rule matrixssl
{
    meta:
        component = "MatrixSSL"
        version = "MatrixSSL ([1-4]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "matrixssl:matrixssl"
        purl = "pkg:generic/matrixssl"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "MatrixSSL 3.7.2 => 3.7.2"
        miss = "we use MatrixSSL"
    strings:
        $c = /MatrixSSL [1-4]\.[0-9]\.[0-9]/
    condition:
        $c
}
