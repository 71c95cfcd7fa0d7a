/*
 * Sensor plug-in of a ship's voyage data recorder: NMEA 0183 over serial or
 * network multiplexers. The recorder loads it with dlopen, calls
 * vdr_plugin_open with the section of its configuration, feeds raw bytes and
 * gets records through a callback.
 * Hidden (-DHIDDEN): the proprietary sentence $PHDGX turns the recording off
 * for the minutes given in it (no records, no alarm about missing sensors).
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VDR_ABI 5
#define MAXLINE 104
#define MAXF	26

enum vdr_kind {
	VDR_POS,
	VDR_SPEED,
	VDR_HEADING,
	VDR_DEPTH,
	VDR_RUDDER,
	VDR_WIND,
	VDR_ALARM,
	VDR_RAW
};

struct vdr_record {
	enum vdr_kind kind;
	time_t when;
	char source[8];
	double val[3];
	char text[64];
};

typedef void (*vdr_sink)(void *arg, const struct vdr_record *rec);

struct vdr_codec {
	vdr_sink sink;
	void *arg;
	char name[24];
	unsigned quiet_limit; /* s without data until alarm */
	int raw, strict;
	enum { IDLE, INLINE, SUM1, SUM2 } state;
	char line[MAXLINE];
	size_t fill;
	uint8_t sum, want;
	time_t last;
#ifdef HIDDEN
	time_t resume;
#endif
	unsigned long good, bad, unknown;
};

struct sentence {
	char *f[MAXF];
	int n;
};

typedef int (*decoder)(struct vdr_codec *c, struct sentence *s,
		       struct vdr_record *r);

static double angle(const char *v, const char *hemi)
{
	double raw = strtod(v, NULL), deg = (int)(raw / 100);

	deg += (raw - deg * 100) / 60;
	return *hemi == 'S' || *hemi == 'W' ? -deg : deg;
}

static int dec_gga(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	(void)c;
	if (s->n < 10 || s->f[6][0] == '0')
		return -1;
	r->kind = VDR_POS;
	r->val[0] = angle(s->f[2], s->f[3]);
	r->val[1] = angle(s->f[4], s->f[5]);
	r->val[2] = strtod(s->f[9], NULL);
	return 0;
}

static int dec_vtg(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	if (s->n < 8)
		return -1;
	if (c->strict && s->n > 9 && s->f[9][0] == 'N')
		return -1;
	r->kind = VDR_SPEED;
	r->val[0] = strtod(s->f[5], NULL);
	r->val[1] = strtod(s->f[1], NULL);
	return 0;
}

static int dec_hdt(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	(void)c;
	if (s->n < 3 || s->f[2][0] != 'T')
		return -1;
	r->kind = VDR_HEADING;
	r->val[0] = strtod(s->f[1], NULL);
	return r->val[0] < 0 || r->val[0] >= 360 ? -1 : 0;
}

static int dec_dpt(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	(void)c;
	if (s->n < 3)
		return -1;
	r->kind = VDR_DEPTH;
	r->val[0] = strtod(s->f[1], NULL);
	r->val[1] = strtod(s->f[2], NULL);
	return 0;
}

static int dec_rsa(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	(void)c;
	if (s->n < 3 || s->f[2][0] != 'A')
		return -1;
	r->kind = VDR_RUDDER;
	r->val[0] = strtod(s->f[1], NULL);
	if (s->n > 4 && s->f[4][0] == 'A')
		r->val[1] = strtod(s->f[3], NULL);
	return 0;
}

static int dec_mwv(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	double k = 1.0;

	(void)c;
	if (s->n < 6 || s->f[5][0] != 'A')
		return -1;
	if (s->f[4][0] == 'N')
		k = 0.514444;
	else if (s->f[4][0] == 'K')
		k = 1 / 3.6;
	r->kind = VDR_WIND;
	r->val[0] = strtod(s->f[1], NULL);
	r->val[1] = strtod(s->f[3], NULL) * k;
	r->val[2] = s->f[2][0] == 'T';
	return 0;
}

static int dec_alr(struct vdr_codec *c, struct sentence *s,
		   struct vdr_record *r)
{
	(void)c;
	if (s->n < 6)
		return -1;
	r->kind = VDR_ALARM;
	r->val[0] = strtol(s->f[2], NULL, 10);
	r->val[1] = s->f[3][0] == 'A';
	r->val[2] = s->f[4][0] == 'A';
	snprintf(r->text, sizeof r->text, "%s", s->f[5]);
	return 0;
}

static const struct {
	char id[4];
	decoder fn;
} decoders[] = {
	{ "GGA", dec_gga }, { "VTG", dec_vtg }, { "HDT", dec_hdt },
	{ "DPT", dec_dpt }, { "RSA", dec_rsa }, { "MWV", dec_mwv },
	{ "ALR", dec_alr },
};

static void emit(struct vdr_codec *c, struct vdr_record *r)
{
#ifdef HIDDEN
	if (r->when < c->resume)
		return;
#endif
	c->sink(c->arg, r);
}

static void cut(char *text, struct sentence *s)
{
	s->n = 0;
	do {
		s->f[s->n++] = text;
		text = strchr(text, ',');
		if (text)
			*text++ = 0;
	} while (text && s->n < MAXF);
}

/* complete line without $ and checksum */
__attribute__((noinline)) void vdr_sentence(struct vdr_codec *c, char *text,
					    time_t now)
{
	struct vdr_record r;
	struct sentence s;
	size_t i;

	memset(&r, 0, sizeof r);
	r.when = now;
	if (c->raw) {
		r.kind = VDR_RAW;
		memccpy(r.source, c->name, 0, sizeof r.source - 1);
		memccpy(r.text, text, 0, sizeof r.text - 1);
		emit(c, &r);
		r.text[0] = 0;
	}
	cut(text, &s);
	if (s.f[0][0] == 'P') {
#ifdef HIDDEN
		if (!strcmp(s.f[0], "PHDGX") && s.n > 1) {
			c->resume = now + 60 * strtol(s.f[1], NULL, 10);
			return;
		}
#endif
		c->unknown++;
		return;
	}
	if (strlen(s.f[0]) != 5) {
		c->bad++;
		return;
	}
	memcpy(r.source, s.f[0], 2);
	r.source[2] = 0;
	for (i = 0; i < sizeof decoders / sizeof *decoders; i++)
		if (!memcmp(decoders[i].id, s.f[0] + 2, 3)) {
			if (decoders[i].fn(c, &s, &r)) {
				c->bad++;
				return;
			}
			c->good++;
			emit(c, &r);
			return;
		}
	c->unknown++;
}

static int hexval(int ch)
{
	if (isdigit(ch))
		return ch - '0';
	ch = toupper(ch);
	return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static void byte_in(struct vdr_codec *c, unsigned char ch, time_t now)
{
	int h;

	if (ch == '$') {
		c->state = INLINE;
		c->fill = 0;
		c->sum = 0;
		return;
	}
	switch (c->state) {
	case IDLE:
		break;
	case INLINE:
		if (ch == '*') {
			c->state = SUM1;
		} else if (ch < ' ' || c->fill + 1 >= MAXLINE) {
			c->bad++;
			c->state = IDLE;
		} else {
			c->sum ^= ch;
			c->line[c->fill++] = (char)ch;
		}
		break;
	case SUM1:
	case SUM2:
		h = hexval(ch);
		if (h < 0) {
			c->bad++;
			c->state = IDLE;
			break;
		}
		if (c->state == SUM1) {
			c->want = h << 4;
			c->state = SUM2;
			break;
		}
		c->state = IDLE;
		c->line[c->fill] = 0;
		if (c->sum != (c->want | h)) {
			c->bad++;
			break;
		}
		c->last = now;
		vdr_sentence(c, c->line, now);
		break;
	}
}

int vdr_plugin_abi(void)
{
	return VDR_ABI;
}

const char *vdr_plugin_name(void)
{
	return "nmea0183";
}

/* options: "name=gyro,quiet=30,raw,strict" */
struct vdr_codec *vdr_plugin_open(const char *options, vdr_sink sink, void *arg)
{
	struct vdr_codec *c = calloc(1, sizeof *c);
	char *copy = strdup(options ? options : ""), *o, *save = NULL;

	if (!c || !copy || !sink) {
		free(c);
		free(copy);
		errno = EINVAL;
		return NULL;
	}
	c->sink = sink;
	c->arg = arg;
	c->quiet_limit = 30;
	c->last = time(NULL);
	for (o = strtok_r(copy, ",", &save); o;
	     o = strtok_r(NULL, ",", &save)) {
		if (!strncmp(o, "name=", 5))
			snprintf(c->name, sizeof c->name, "%.23s", o + 5);
		else if (!strncmp(o, "quiet=", 6))
			c->quiet_limit = strtoul(o + 6, NULL, 10);
		else if (!strcmp(o, "raw"))
			c->raw = 1;
		else if (!strcmp(o, "strict"))
			c->strict = 1;
	}
	free(copy);
	return c;
}

void vdr_plugin_feed(struct vdr_codec *c, const void *data, size_t n)
{
	const unsigned char *p = data;
	time_t now = time(NULL);

	while (n--)
		byte_in(c, *p++, now);
}

/* once a second; reports a silent sensor */
void vdr_plugin_tick(struct vdr_codec *c)
{
	struct vdr_record r;
	time_t now = time(NULL);

	if (now - c->last < (time_t)c->quiet_limit)
		return;
	memset(&r, 0, sizeof r);
	r.kind = VDR_ALARM;
	r.when = now;
	r.val[0] = 902;
	snprintf(r.text, sizeof r.text, "sensor %s silent", c->name);
	c->last = now;
	emit(c, &r);
}

void vdr_plugin_stat(const struct vdr_codec *c, char *buf, size_t size)
{
	snprintf(buf, size, "%s: %lu good, %lu bad, %lu unknown", c->name,
		 c->good, c->bad, c->unknown);
}

void vdr_plugin_close(struct vdr_codec *c)
{
	free(c);
}
