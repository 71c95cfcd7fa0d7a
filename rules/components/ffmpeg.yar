rule ffmpeg
{
    meta:
        component = "FFmpeg"
        version = "version n?([0-9]\\.[0-9](?:\\.[0-9]+)?)"
        type = "library"
        cpe = "ffmpeg:ffmpeg"
        purl = "pkg:generic/ffmpeg"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "FFmpeg version 5.1.9-0+deb12u1 => 5.1.9"
        miss = "FFmpeg version"
    strings:
        $a = /FFmpeg version [n]?[0-9]\.[0-9]/
    condition:
        $a
}

rule ffmpeg_libavcodec
{
    meta:
        component = "FFmpeg (libavcodec)"
        version = "^Lavc([56][0-9]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "ffmpeg:libavcodec"
        purl = "pkg:generic/libavcodec"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "Lavc57.107.100 libx264 => 57.107.100"
        miss = "Lavc57"
    strings:
        $a = /Lavc5[0-9]\.[0-9]{1,3}\.[0-9]/
        $b = /Lavc6[0-9]\.[0-9]{1,3}\.[0-9]/
    condition:
        any of them
}
