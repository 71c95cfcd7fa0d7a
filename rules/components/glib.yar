rule glib
{
    meta:
        component = "GLib"
        version = "glib-(2\\.[0-9]+\\.[0-9]+)/"
        type = "library"
        cpe = "gnome:glib"
        purl = "pkg:generic/glib"
        license = "LGPL-2.1-or-later"
        target = "elf"
        hit = "/src/glib-2.30.2/glib/gmain.c => 2.30.2"
        miss = "glib-2.0/glib"
    strings:
        $c = /glib-2\.[0-9]{1,2}\.[0-9]{1,2}\//
    condition:
        $c
}
