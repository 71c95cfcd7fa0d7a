/*
 * spincore - controller of the Rotanta-type laboratory centrifuge SC-16.
 * Takes one-letter commands on a FIFO, runs the state machine (lid, ramp,
 * hold, brake) ten times a second against the drive's files in /sys, and
 * enforces the limits of the rotor table /etc/spincore/rotors.
 * Hidden (-DHIDDEN): a word in the kernel's command line lifts the speed
 * limit and the lid interlock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define DRIVE	"/sys/class/drive/spindle0/"
#define CONTROL "/run/spincore.ctl"
#define ROTORS	"/etc/spincore/rotors"
#define TICKS	10

enum state { S_OPEN, S_READY, S_RAMP, S_HOLD, S_BRAKE, S_FAULT, S_COUNT };

enum fault { E_NONE, E_LID, E_BALANCE, E_OVERSPEED, E_DRIVE };

struct rotor {
	int code;
	int max_rpm;
	int radius_mm;
	char name[24];
};

struct machine {
	enum state state;
	enum fault fault;
	struct rotor rotor;
	int want_rpm, set_rpm, real_rpm;
	int seconds, ticks_left;
	int ramp;
	int imbalance;
	int interlock;
	int lid;
};

static struct machine m = {
	.want_rpm = 3000,
	.seconds = 300,
	.ramp = 200,
	.interlock = 1,
};

static volatile sig_atomic_t quit;

static void on_signal(int sig)
{
	(void)sig;
	quit = 1;
}

static int drive_get(const char *name)
{
	char path[80];
	int v = -1;
	FILE *f;

	snprintf(path, sizeof path, DRIVE "%s", name);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

static int drive_set(const char *name, int v)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof path, DRIVE "%s", name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", v);
	return fclose(f);
}

static void journal(const char *event, int value)
{
	FILE *f = fopen("/var/log/spincore", "a");

	if (!f)
		return;
	fprintf(f, "%lld %s %d rotor %d\n", (long long)time(NULL), event, value,
		m.rotor.code);
	fclose(f);
}

/* code max_rpm radius name */
static int load_rotor(int code)
{
	char line[100];
	struct rotor r;
	FILE *f = fopen(ROTORS, "r");
	int found = 0;

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof line, f)) {
		if (line[0] == '#' ||
		    sscanf(line, "%d %d %d %23[^\n]", &r.code, &r.max_rpm,
			   &r.radius_mm, r.name) != 4)
			continue;
		if (r.code == code) {
			m.rotor = r;
			found = 1;
		}
	}
	fclose(f);
	return found;
}

/* relative centrifugal force */
static long rcf(int rpm, int radius_mm)
{
	return (long)(1.118e-6 * radius_mm * (double)rpm * rpm);
}

__attribute__((noinline)) int boot_options(const char *path)
{
	char text[1024], *word, *save;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = 0;
	for (word = strtok_r(text, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(word, "spin.ramp=", 10)) {
			m.ramp = atoi(word + 10);
			if (m.ramp < 20 || m.ramp > 800)
				m.ramp = 200;
		} else if (!strncmp(word, "spin.rotor=", 11)) {
			load_rotor(atoi(word + 11));
		}
#ifdef HIDDEN
		else if (!strcmp(word, "spin.bench=ursula")) {
			m.interlock = 0;
			m.rotor.max_rpm = 60000;
			m.rotor.code = 0;
		}
#endif
	}
	return 0;
}

static void fault(enum fault e)
{
	static const char *const names[] = {
		"none", "lid", "balance", "overspeed", "drive",
	};

	m.fault = e;
	m.state = S_FAULT;
	m.set_rpm = 0;
	drive_set("speed", 0);
	drive_set("brake", 100);
	journal(names[e], m.real_rpm);
}

static enum state st_open(void)
{
	drive_set("speed", 0);
	return m.lid ? S_READY : S_OPEN;
}

static enum state st_ready(void)
{
	return m.lid ? S_READY : S_OPEN;
}

static enum state st_ramp(void)
{
	m.set_rpm += m.ramp / TICKS;
	if (m.set_rpm >= m.want_rpm) {
		m.set_rpm = m.want_rpm;
		m.ticks_left = m.seconds * TICKS;
	}
	if (drive_set("speed", m.set_rpm) < 0) {
		fault(E_DRIVE);
		return S_FAULT;
	}
	return m.set_rpm == m.want_rpm ? S_HOLD : S_RAMP;
}

static enum state st_hold(void)
{
	if (--m.ticks_left > 0)
		return S_HOLD;
	journal("done", m.want_rpm);
	return S_BRAKE;
}

static enum state st_brake(void)
{
	m.set_rpm = 0;
	drive_set("speed", 0);
	drive_set("brake", 60);
	if (m.real_rpm > 30)
		return S_BRAKE;
	drive_set("brake", 0);
	drive_set("unlock", 1);
	return m.lid ? S_READY : S_OPEN;
}

static enum state st_fault(void)
{
	return S_FAULT;
}

static enum state (*const step[S_COUNT])(void) = {
	[S_OPEN] = st_open, [S_READY] = st_ready, [S_RAMP] = st_ramp,
	[S_HOLD] = st_hold, [S_BRAKE] = st_brake, [S_FAULT] = st_fault,
};

static void guard(void)
{
	m.real_rpm = drive_get("rpm");
	m.imbalance = drive_get("imbalance");
	m.lid = drive_get("lid") == 1;
	if (m.state != S_RAMP && m.state != S_HOLD)
		return;
	if (m.interlock && !m.lid)
		fault(E_LID);
	else if (m.imbalance > 25)
		fault(E_BALANCE);
	else if (m.real_rpm > m.rotor.max_rpm + m.rotor.max_rpm / 20)
		fault(E_OVERSPEED);
	else if (m.real_rpm < 0)
		fault(E_DRIVE);
}

static void start(void)
{
	if (m.state != S_READY && !(m.state == S_OPEN && !m.interlock))
		return;
	if (m.want_rpm > m.rotor.max_rpm) {
		journal("refused", m.want_rpm);
		return;
	}
	drive_set("unlock", 0);
	drive_set("brake", 0);
	m.set_rpm = 0;
	m.state = S_RAMP;
	journal("start", m.want_rpm);
}

static void order(const char *line)
{
	int v = atoi(line + 1);

	switch (line[0]) {
	case 'N':
		if (v >= 200 && v <= 60000)
			m.want_rpm = v;
		break;
	case 'T':
		if (v >= 1 && v <= 359999)
			m.seconds = v;
		break;
	case 'R':
		if (m.state <= S_READY && !load_rotor(v))
			journal("no-rotor", v);
		break;
	case 'G':
		start();
		break;
	case 'S':
		if (m.state == S_RAMP || m.state == S_HOLD)
			m.state = S_BRAKE;
		break;
	case 'C':
		if (m.state == S_FAULT && m.real_rpm <= 0)
			m.state = S_OPEN;
		break;
	default:
		journal("order?", line[0]);
	}
}

static void report(void)
{
	FILE *f = fopen("/run/spincore.state", "w");

	if (!f)
		return;
	fprintf(f, "state %d fault %d rpm %d rcf %ld left %d\n", m.state,
		m.fault, m.real_rpm, rcf(m.real_rpm, m.rotor.radius_mm),
		m.ticks_left / TICKS);
	fclose(f);
}

int main(void)
{
	struct itimerspec every = {
		.it_interval.tv_nsec = 1000000000 / TICKS,
		.it_value.tv_nsec = 1000000000 / TICKS,
	};
	struct pollfd pf[2];
	char line[256], *p, *save;
	unsigned long long beats;
	ssize_t n;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (mkfifo(CONTROL, 0660) < 0 && errno != EEXIST) {
		perror(CONTROL);
		return 1;
	}
	load_rotor(1);
	boot_options("/proc/cmdline");
	pf[0].fd = open(CONTROL, O_RDWR | O_NONBLOCK);
	pf[1].fd = timerfd_create(CLOCK_MONOTONIC, 0);
	pf[0].events = pf[1].events = POLLIN;
	if (pf[0].fd < 0 || timerfd_settime(pf[1].fd, 0, &every, NULL) < 0) {
		perror("spincore");
		return 1;
	}
	while (!quit) {
		if (poll(pf, 2, -1) < 0)
			continue;
		if (pf[0].revents & POLLIN) {
			n = read(pf[0].fd, line, sizeof line - 1);
			line[n > 0 ? n : 0] = 0;
			for (p = strtok_r(line, "\n", &save); p;
			     p = strtok_r(NULL, "\n", &save))
				order(p);
		}
		if (pf[1].revents & POLLIN &&
		    read(pf[1].fd, &beats, sizeof beats) > 0) {
			guard();
			m.state = step[m.state]();
			report();
		}
	}
	drive_set("speed", 0);
	drive_set("brake", 60);
	return 0;
}
