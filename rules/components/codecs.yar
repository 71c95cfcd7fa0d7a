rule opus
{
    meta:
        component = "Opus"
        version = "^libopus (1\\.[0-9](?:\\.[0-9])?)"
        type = "library"
        cpe = "opus-codec:opus"
        purl = "pkg:generic/opus"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "libopus 1.3.1 => 1.3.1"
        miss = "libopus 1"
    strings:
        $a = /libopus 1\.[0-9]/
    condition:
        $a
}

rule libvorbis
{
    meta:
        component = "libvorbis"
        version = "libVorbis ([0-9]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "xiph.org:libvorbis"
        purl = "pkg:generic/libvorbis"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "Xiph.Org libVorbis 1.3.7 => 1.3.7"
        miss = "Xiph.Org libVorbis"
    strings:
        $a = /Xiph\.Org libVorbis [0-9]\.[0-9]/
    condition:
        $a
}

rule flac
{
    meta:
        component = "FLAC"
        version = "libFLAC (1\\.[0-9]\\.[0-9])"
        type = "library"
        cpe = "flac_project:flac"
        purl = "pkg:generic/flac"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "reference libFLAC 1.4.2 20221022 => 1.4.2"
        miss = "reference libFLAC"
    strings:
        $a = /reference libFLAC 1\.[0-9]/
    condition:
        $a
}

rule libvpx
{
    meta:
        component = "libvpx"
        version = "coder v([0-9]\\.[0-9]+\\.[0-9]+)"
        type = "library"
        cpe = "webmproject:libvpx"
        purl = "pkg:generic/libvpx"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "WebM Project VP8 Decoder v1.12.0 => 1.12.0"
        miss = "WebM Project VP8 Decoder"
    strings:
        $a = /WebM Project VP8 (De|En)coder v[0-9]/
    condition:
        $a
}

rule x264
{
    meta:
        component = "x264"
        version = "core ([0-9]{2,3})"
        type = "library"
        cpe = "videolan:x264"
        purl = "pkg:generic/x264"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "x264 - core 164 r3095 baee400 => 164"
        miss = "x264 - core"
    strings:
        $a = /x264 - core [0-9]{2,3} (r[0-9]|- H\.264)/
    condition:
        $a
}
