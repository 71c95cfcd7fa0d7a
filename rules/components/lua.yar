rule lua
{
    meta:
        component = "Lua"
        version = "Lua (5\\.[0-4](?:\\.[0-9])?)"
        type = "library"
        cpe = "lua:lua"
        purl = "pkg:generic/lua"
        license = "MIT"
        target = "elf"
        hit = "$Lua: Lua 5.1.5 Copyright (C) 1994-2012 Lua.org, PUC-Rio $ => 5.1.5"
        miss = "Lua 5.1 script"
    strings:
        $a = /Lua: Lua 5\.[0-4]\.[0-9]/
        $b = /LuaVersion: Lua 5\.[0-4](\.[0-9])?/
        $c = /\$Lua: Lua 5\.[0-4]/
    condition:
        any of them
}

rule luajit
{
    meta:
        component = "LuaJIT"
        version = "^LuaJIT ([12]\\.[0-9]\\.[0-9](?:-beta[0-9])?)"
        type = "library"
        cpe = "luajit:luajit"
        purl = "pkg:generic/luajit"
        license = "MIT"
        target = "elf"
        hit = "LuaJIT 2.1.0-beta3 => 2.1.0-beta3"
        miss = "LuaJIT 2"
    strings:
        $a = /LuaJIT [12]\.[0-9]\.[0-9]/
    condition:
        $a
}
