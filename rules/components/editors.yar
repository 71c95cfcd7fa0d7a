rule vim
{
    meta:
        component = "Vim"
        version = "IMproved ([5-9]\\.[0-9])"
        type = "application"
        cpe = "vim:vim"
        purl = "pkg:generic/vim"
        license = "Vim"
        target = "elf"
        hit = "VIM - Vi IMproved 9.0 (2022 Jun 28) => 9.0"
        miss = "VIM - Vi IMproved"
    strings:
        $a = /VIM - Vi IMproved [5-9]\.[0-9] \(/
    condition:
        $a
}
