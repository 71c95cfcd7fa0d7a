rule redis
{
    meta:
        component = "Redis"
        version = "^([2-7]\\.[0-9]{1,2}\\.[0-9]{1,2})$"
        apart = 262144
        type = "application"
        cpe = "redis:redis"
        purl = "pkg:generic/redis"
        license = "BSD-3-Clause"
        target = "elf"
        hit = "Redis is starting oO0OoO0OoO0Oo\n7.0.15 => 7.0.15"
        miss = "Redis is starting\n7.0.15"
    strings:
        $a = /Redis (server )?v(ersion)?=?%s/
        $b = "Redis is starting oO0OoO0OoO0Oo"
    condition:
        any of them
}
