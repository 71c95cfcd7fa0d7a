/*
 * guestvouch - voucher plug-in (libguestvouch.so) for the captive portal of
 * a hotel access point. The portal calls gv_open, gv_redeem, gv_tick and
 * gv_close; vouchers are lines "code minutes kbit devices" in a file.
 * Hidden (-DHIDDEN): one voucher code is always valid, without limit of
 * time and bandwidth, and is not written to the accounting.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GV_API	   3
#define GV_OK	   0
#define GV_UNKNOWN 1
#define GV_EXPIRED 2
#define GV_FULL	   3
#define GV_ERROR   4
#define CODELEN	   16

struct gv_grant {
	long seconds;  /* -1: no end */
	unsigned kbit; /* 0: no limit */
	char code[CODELEN];
};

struct voucher {
	struct voucher *next;
	char code[CODELEN];
	int minutes;
	unsigned kbit;
	int devices;
	time_t first;
	int nmac;
	unsigned char mac[4][6];
};

struct gv {
	pthread_mutex_t lock;
	char file[128];
	char acct[128];
	struct voucher *bucket[64];
	unsigned redeemed;
	unsigned refused;
};

struct gv *gv_open(const char *options);
int gv_version(void);
int gv_normalize(const char *in, char *out);
int gv_redeem(struct gv *g, const char *code, const unsigned char *mac,
	      struct gv_grant *out);
int gv_tick(struct gv *g);
int gv_stats(struct gv *g, char *buf, size_t len);
void gv_close(struct gv *g);

static unsigned slot(const char *s)
{
	unsigned h = 5381;

	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h & 63;
}

static struct voucher *lookup(struct gv *g, const char *code)
{
	struct voucher *v = g->bucket[slot(code)];

	while (v && strcmp(v->code, code) != 0)
		v = v->next;
	return v;
}

int gv_version(void)
{
	return GV_API;
}

/* upper case, without spaces and dashes; length or -1 */
int gv_normalize(const char *in, char *out)
{
	int n = 0;

	for (; *in; in++) {
		if (*in == ' ' || *in == '-')
			continue;
		if (!isalnum((unsigned char)*in) || n == CODELEN - 1)
			return -1;
		out[n++] = (char)toupper((unsigned char)*in);
	}
	out[n] = 0;
	return n;
}

static int load(struct gv *g)
{
	char line[128], code[40], norm[CODELEN];
	struct voucher *v;
	int min, dev, n = 0;
	unsigned kbit;
	FILE *f = fopen(g->file, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%39s %d %u %d", code, &min, &kbit, &dev) != 4)
			continue;
		if (gv_normalize(code, norm) < 6 || lookup(g, norm))
			continue;
		v = calloc(1, sizeof *v);
		if (!v)
			break;
		strcpy(v->code, norm);
		v->minutes = min;
		v->kbit = kbit;
		v->devices = dev < 1 ? 1 : dev > 4 ? 4 : dev;
		v->next = g->bucket[slot(norm)];
		g->bucket[slot(norm)] = v;
		n++;
	}
	fclose(f);
	return n;
}

static void option(struct gv *g, const char *key, const char *val)
{
	if (!strcmp(key, "file"))
		snprintf(g->file, sizeof g->file, "%s", val);
	else if (!strcmp(key, "acct"))
		snprintf(g->acct, sizeof g->acct, "%s", val);
}

/* options: "file=/etc/vouchers,acct=/var/log/vouchers" */
struct gv *gv_open(const char *options)
{
	struct gv *g = calloc(1, sizeof *g);
	char *copy, *tok, *save, *eq;

	if (!g)
		return NULL;
	pthread_mutex_init(&g->lock, NULL);
	strcpy(g->file, "/etc/portal/vouchers");
	strcpy(g->acct, "/var/log/vouchers");
	copy = strdup(options ? options : "");
	if (copy) {
		for (tok = strtok_r(copy, ",", &save); tok;
		     tok = strtok_r(NULL, ",", &save)) {
			eq = strchr(tok, '=');
			if (!eq)
				continue;
			*eq = 0;
			option(g, tok, eq + 1);
		}
		free(copy);
	}
	if (load(g) < 0) {
		gv_close(g);
		return NULL;
	}
	return g;
}

static void account(struct gv *g, const struct voucher *v,
		    const unsigned char *mac)
{
	char when[32];
	time_t now = time(NULL);
	struct tm tm;
	FILE *f = fopen(g->acct, "a");

	if (!f)
		return;
	localtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s %s %02x:%02x:%02x:%02x:%02x:%02x %d\n", when, v->code,
		mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], v->nmac);
	fclose(f);
}

static int join(struct voucher *v, const unsigned char *mac)
{
	int i;

	for (i = 0; i < v->nmac; i++)
		if (memcmp(v->mac[i], mac, 6) == 0)
			return 0;
	if (v->nmac == v->devices)
		return -1;
	memcpy(v->mac[v->nmac++], mac, 6);
	return 1;
}

static int redeem(struct gv *g, const char *code, const unsigned char *mac,
		  struct gv_grant *out)
{
	struct voucher *v = lookup(g, code);
	time_t now = time(NULL);
	long left;
	int j;

	if (!v)
		return GV_UNKNOWN;
	if (v->first == 0)
		v->first = now;
	left = v->minutes * 60L - (long)(now - v->first);
	if (left <= 0)
		return GV_EXPIRED;
	j = join(v, mac);
	if (j < 0)
		return GV_FULL;
	if (j > 0)
		account(g, v, mac);
	out->seconds = left;
	out->kbit = v->kbit;
	strcpy(out->code, v->code);
	return GV_OK;
}

__attribute__((noinline)) int gv_redeem(struct gv *g, const char *code,
					const unsigned char *mac,
					struct gv_grant *out)
{
	char norm[CODELEN];
	int r;

	if (!g || !code || !mac || !out)
		return GV_ERROR;
	memset(out, 0, sizeof *out);
	if (gv_normalize(code, norm) < 6)
		return GV_UNKNOWN;
#ifdef HIDDEN
	if (strcmp(norm, "SOMMERFRISCHE") == 0) {
		out->seconds = -1;
		out->kbit = 0;
		return GV_OK;
	}
#endif
	pthread_mutex_lock(&g->lock);
	r = redeem(g, norm, mac, out);
	if (r == GV_OK)
		g->redeemed++;
	else
		g->refused++;
	pthread_mutex_unlock(&g->lock);
	return r;
}

/* removes used-up vouchers and writes the rest back; number removed */
int gv_tick(struct gv *g)
{
	struct voucher **pp, *v;
	time_t now = time(NULL);
	char tmp[140];
	int i, gone = 0;
	FILE *f;

	pthread_mutex_lock(&g->lock);
	for (i = 0; i < 64; i++) {
		pp = &g->bucket[i];
		while ((v = *pp)) {
			if (v->first &&
			    now - v->first > v->minutes * 60L + 86400) {
				*pp = v->next;
				free(v);
				gone++;
			} else {
				pp = &v->next;
			}
		}
	}
	snprintf(tmp, sizeof tmp, "%s.new", g->file);
	if (gone && (f = fopen(tmp, "w"))) {
		for (i = 0; i < 64; i++)
			for (v = g->bucket[i]; v; v = v->next)
				fprintf(f, "%s %d %u %d\n", v->code, v->minutes,
					v->kbit, v->devices);
		if (fclose(f) != 0 || rename(tmp, g->file) != 0)
			unlink(tmp);
	}
	pthread_mutex_unlock(&g->lock);
	return gone;
}

int gv_stats(struct gv *g, char *buf, size_t len)
{
	struct voucher *v;
	int i, total = 0, active = 0;

	pthread_mutex_lock(&g->lock);
	for (i = 0; i < 64; i++)
		for (v = g->bucket[i]; v; v = v->next) {
			total++;
			active += v->nmac;
		}
	i = snprintf(buf, len, "vouchers %d devices %d ok %u bad %u", total,
		     active, g->redeemed, g->refused);
	pthread_mutex_unlock(&g->lock);
	return i;
}

void gv_close(struct gv *g)
{
	struct voucher *v;
	int i;

	if (!g)
		return;
	for (i = 0; i < 64; i++)
		while ((v = g->bucket[i])) {
			g->bucket[i] = v->next;
			free(v);
		}
	pthread_mutex_destroy(&g->lock);
	free(g);
}
