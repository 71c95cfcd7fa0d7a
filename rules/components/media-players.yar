rule mpg123
{
    meta:
        component = "mpg123"
        version = "^mpg123 ([01]\\.[0-9]+\\.[0-9]+)"
        type = "application"
        cpe = "mpg123:mpg123"
        purl = "pkg:generic/mpg123"
        license = "LGPL-2.1-only"
        target = "elf"
        hit = "mpg123 1.31.2 => 1.31.2"
        miss = "mpg123 player"
    strings:
        $a = /mpg123 [01]\.[0-9]{1,2}\.[0-9]/
    condition:
        $a
}

rule mplayer
{
    meta:
        component = "MPlayer"
        version = "MPlayer ((?:1\\.[0-9][0-9a-z.]*|SVN-r[0-9]+))"
        type = "application"
        cpe = "mplayerhq:mplayer"
        purl = "pkg:generic/mplayer"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "MPlayer 1.0rc2-4.2.3 => 1.0rc2"
        miss = "MPlayer plays"
    strings:
        $a = /MPlayer (1\.[0-9]|SVN-r[0-9])/
    condition:
        $a
}
