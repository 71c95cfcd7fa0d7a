rule ncurses
{
    meta:
        component = "ncurses"
        version = "^ncurses ([56]\\.[0-9])"
        type = "library"
        cpe = "gnu:ncurses"
        purl = "pkg:generic/ncurses"
        license = "X11"
        target = "elf"
        hit = "ncurses 6.4.20221231 => 6.4"
        miss = "ncurses 6.4"
    strings:
        $a = /ncurses [56]\.[0-9]\.20[0-9]{6}/
    condition:
        $a
}
