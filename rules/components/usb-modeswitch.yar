rule usb_modeswitch
{
    meta:
        component = "usb_modeswitch"
        version = "^(?: \\* Version )?([12]\\.[0-9]\\.[0-9])(?: \\(C\\).*)?$"
        apart = 8192
        type = "application"
        purl = "pkg:generic/usb-modeswitch"
        license = "GPL-2.0-or-later"
        target = "elf"
        hit = "usb_modeswitch: handle USB devices with multiple modes\n * Version 2.6.1 (C) Josua Dietze 2017 => 2.6.1"
        miss = "usb_modeswitch\n2.6.1"
    strings:
        $a = "usb_modeswitch: handle USB devices with multiple modes"
        $b = "* usb_modeswitch"
    condition:
        any of them
}
