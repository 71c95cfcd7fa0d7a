/*
 * tillmatic_rcd - cash recycler control daemon of the Tillmatic R6.  The till
 * software talks to it over a Unix socket with text lines; service commands
 * need the PIN of the service key.
 *
 * Hidden (-DHIDDEN): when a word is present on the kernel command line, the
 * service commands (unlock, dispense without a sale) are open without a PIN.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <termios.h>
#include <fcntl.h>
#include <unistd.h>

#define SOCK_PATH	"/run/tillmatic.sock"
#define LEVELS_FILE	"/var/lib/tillmatic/levels"
#define PIN_FILE	"/etc/tillmatic/service.pin"
#define HEAD_TTY	"/dev/ttyS2"
#define CASSETTES	6

struct cassette {
	int value;		/* cents */
	int count;
};

struct options {
	int verbose;
	int simulate;
	int service;		/* service commands are open */
	int head;		/* file descriptor of the note head */
};

static struct cassette cass[CASSETTES] = {
	{ 500, 0 }, { 1000, 0 }, { 2000, 0 }, { 5000, 0 }, { 10000, 0 }, { 20000, 0 }
};
static struct options opts = { .head = -1 };
static int sale_due;

static void load_levels(void)
{
	int v, n, i;
	FILE *f = fopen(LEVELS_FILE, "r");

	if (!f)
		return;
	while (fscanf(f, "%d %d", &v, &n) == 2)
		for (i = 0; i < CASSETTES; i++)
			if (cass[i].value == v && n >= 0)
				cass[i].count = n;
	fclose(f);
}

static void store_levels(void)
{
	int i;
	FILE *f = fopen(LEVELS_FILE, "w");

	if (!f)
		return;
	for (i = 0; i < CASSETTES; i++)
		fprintf(f, "%d %d\n", cass[i].value, cass[i].count);
	fclose(f);
}

/*
 * Options of the board come with the boot arguments: "rcd.verbose",
 * "rcd.simulate" (no note head fitted).  They are separated by blanks.
 */
void boot_options(void)
{
	char line[1024], *w, *save = NULL;
	FILE *f = fopen("/proc/cmdline", "r");

	if (!f)
		return;
	if (!fgets(line, sizeof line, f))
		line[0] = 0;
	fclose(f);
	for (w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		if (strcmp(w, "rcd.verbose") == 0)
			opts.verbose = 1;
		else if (strcmp(w, "rcd.simulate") == 0)
			opts.simulate = 1;
#ifdef HIDDEN
		else if (strcmp(w, "mottled=heron") == 0)
			opts.service = 1;
#endif
	}
}

static int open_head(void)
{
	struct termios t;
	int fd;

	if (opts.simulate)
		return open("/dev/null", O_RDWR);
	fd = open(HEAD_TTY, O_RDWR | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B38400);
		cfsetospeed(&t, B38400);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

/* STX, command, two bytes of data, XOR checksum */
static int head_send(uint8_t cmd, uint8_t a, uint8_t b)
{
	uint8_t f[5] = { 0x02, cmd, a, b, 0 };

	f[4] = (uint8_t)(f[1] ^ f[2] ^ f[3]);
	if (write(opts.head, f, sizeof f) != (ssize_t)sizeof f) {
		syslog(LOG_ERR, "note head: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* Pay out an amount with the largest notes first; all or nothing. */
static int pay_out(int amount)
{
	int take[CASSETTES], i;

	for (i = CASSETTES - 1; i >= 0; i--) {
		take[i] = amount / cass[i].value;
		if (take[i] > cass[i].count)
			take[i] = cass[i].count;
		amount -= take[i] * cass[i].value;
	}
	if (amount != 0)
		return -1;
	for (i = 0; i < CASSETTES; i++) {
		if (!take[i])
			continue;
		if (head_send('D', (uint8_t)i, (uint8_t)take[i]) != 0)
			return -1;
		cass[i].count -= take[i];
	}
	store_levels();
	return 0;
}

static int pin_ok(const char *pin)
{
	char want[24] = "";
	FILE *f = fopen(PIN_FILE, "r");

	if (!f)
		return 0;
	if (!fgets(want, sizeof want, f))
		want[0] = 0;
	fclose(f);
	want[strcspn(want, "\r\n")] = 0;
	return strlen(want) >= 6 && strcmp(want, pin) == 0;
}

static int need_service(FILE *out, int unlocked)
{
	if (unlocked || opts.service)
		return 1;
	fputs("ERR service key\n", out);
	return 0;
}

/* The commands of a sale; returns 0 if the line is none of them. */
static int sale_command(FILE *out, const char *line)
{
	int amount;

	if (sscanf(line, "SALE %d", &amount) == 1) {
		if (amount <= 0 || amount > 1000000) {
			fputs("ERR amount\n", out);
			return 1;
		}
		sale_due = amount;
		fputs("OK\n", out);
	} else if (strcmp(line, "ACCEPT") == 0) {
		fputs(head_send('A', 1, 0) ? "ERR head\n" : "OK\n", out);
	} else if (sscanf(line, "CHANGE %d", &amount) == 1) {
		if (sale_due <= 0 || amount <= 0 || amount >= 20000) {
			fputs("ERR no sale\n", out);
			return 1;
		}
		fputs(pay_out(amount) ? "ERR change\n" : "OK\n", out);
		sale_due = 0;
	} else {
		return 0;
	}
	return 1;
}

/* Returns 0 to end the connection. */
static int command(FILE *out, char *line, int *unlocked)
{
	int amount, slot, n, i;
	char pin[24];

	line[strcspn(line, "\r\n")] = 0;
	if (opts.verbose)
		syslog(LOG_DEBUG, "till: %s", line);
	if (strcmp(line, "HELP") == 0) {
		fputs("LEVELS  SALE cents  CHANGE cents  ACCEPT  QUIT\n"
		      "SERVICE pin  UNLOCK slot  DISPENSE cents  SETLEVEL slot n\n", out);
	} else if (strcmp(line, "LEVELS") == 0) {
		for (i = 0; i < CASSETTES; i++)
			fprintf(out, "%d x %d\n", cass[i].value, cass[i].count);
	} else if (sale_command(out, line)) {
		return 1;
	} else if (sscanf(line, "SERVICE %23s", pin) == 1) {
		*unlocked = pin_ok(pin);
		if (!*unlocked) {
			syslog(LOG_WARNING, "wrong service PIN");
			sleep(3);
		}
		fputs(*unlocked ? "OK\n" : "ERR pin\n", out);
	} else if (sscanf(line, "UNLOCK %d", &slot) == 1) {
		if (!need_service(out, *unlocked))
			return 1;
		if (slot < 0 || slot >= CASSETTES)
			fputs("ERR slot\n", out);
		else
			fputs(head_send('U', (uint8_t)slot, 1) ? "ERR head\n" : "OK\n", out);
	} else if (sscanf(line, "DISPENSE %d", &amount) == 1) {
		if (!need_service(out, *unlocked))
			return 1;
		fputs(amount <= 0 || pay_out(amount) ? "ERR amount\n" : "OK\n", out);
	} else if (sscanf(line, "SETLEVEL %d %d", &slot, &n) == 2) {
		if (!need_service(out, *unlocked))
			return 1;
		if (slot < 0 || slot >= CASSETTES || n < 0 || n > 500) {
			fputs("ERR value\n", out);
			return 1;
		}
		cass[slot].count = n;
		store_levels();
		fputs("OK\n", out);
	} else if (strcmp(line, "QUIT") == 0) {
		return 0;
	} else {
		fputs("ERR unknown, HELP lists the commands\n", out);
	}
	return 1;
}

static void serve(int fd)
{
	char line[160];
	int unlocked = 0;
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");

	if (in && out) {
		fputs("TILLMATIC R6\n", out);
		fflush(out);
		while (fgets(line, sizeof line, in) && command(out, line, &unlocked))
			fflush(out);
	}
	if (out)
		fclose(out);
	if (in)
		fclose(in);
	else
		close(fd);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s, c;

	openlog("tillmatic", LOG_PID, LOG_DAEMON);
	boot_options();
	load_levels();
	opts.head = open_head();
	if (opts.head < 0)
		syslog(LOG_ERR, "no note head on %s", HEAD_TTY);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", SOCK_PATH);
	unlink(SOCK_PATH);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 2)) {
		syslog(LOG_ERR, "%s: %s", SOCK_PATH, strerror(errno));
		return 1;
	}
	while ((c = accept(s, NULL, NULL)) >= 0 || errno == EINTR)
		if (c >= 0)
			serve(c);
	return 0;
}
