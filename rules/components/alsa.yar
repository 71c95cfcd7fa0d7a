rule alsa_utils
{
    meta:
        component = "alsa-utils"
        version = "(1\\.[0-9]\\.[0-9]+)"
        type = "application"
        cpe = "alsa-project:alsa"
        purl = "pkg:generic/alsa-utils"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "alsactl version 1.2.8 => 1.2.8"
        miss = "alsactl version"
    strings:
        $a = /(alsactl|amixer|arecordmidi|aplay)( version|: version)? 1\.[0-9]\.[0-9]{1,2}/
    condition:
        $a
}

rule alsa_lib
{
    meta:
        component = "alsa-lib"
        version = "^(1\\.[0-2]\\.[0-9]{1,2}(?:\\.[0-9])?)$"
        apart = 1048576
        type = "library"
        cpe = "alsa-project:alsa"
        purl = "pkg:generic/alsa-lib"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "ALSA_CONFIG_PATH\nsnd_asoundlib_version\n1.2.8 => 1.2.8"
        miss = "ALSA_CONFIG_PATH\n1.2.8"
    strings:
        $a = "ALSA_CONFIG_PATH"
        $b = "snd_asoundlib_version"
    condition:
        $a and $b
}
