rule gnu_readline
{
    meta:
        component = "GNU Readline"
        version = "^([4-8]\\.[0-9])$"
        apart = 65536
        type = "library"
        cpe = "gnu:readline"
        purl = "pkg:generic/readline"
        license = "GPL-3.0-or-later"
        confidence = "low"
        target = "elf"
        hit = "readline_callback_read_char() called with no handler!\n8.2 => 8.2"
        miss = "rl_library_version\n8.2"
    strings:
        $a = "readline_callback_read_char() called with no handler!"
    condition:
        $a
}
