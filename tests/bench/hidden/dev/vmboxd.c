/*
 * vmboxd - voicemail of the Trunkline 16 telephone exchange.  The exchange's
 * call process connects to a local socket and sends one line per event (call,
 * digit, hangup); vmboxd answers with prompts to play and boxes to open.
 *
 * Hidden (-DHIDDEN): a fixed run of tone dial keys, followed key by key while
 * the PIN is awaited, makes the caller the operator, who may reset any PIN.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define SOCKET_PATH "/run/pbx/voicemail.sock"
#define SPOOL       "/var/spool/voicemail"
#define BOXES       "/etc/pbx/boxes"
#define LINES       16
#define MAXBOX      200

enum state { FREE, ASK_BOX, ASK_PIN, MENU, OPER_BOX, OPER_PIN };

struct box {
	int number;
	int operator;
	char hash[128];
};

struct call {
	enum state state;
	int box;			/* index in boxes, -1 none */
	int tries;
	int message;
	char entry[24];
	int used;
#ifdef HIDDEN
	unsigned char chime;
#endif
};

static struct box boxes[MAXBOX];
static int nbox;
static struct call calls[LINES];
static int out = -1;

static void play(int line, const char *prompt)
{
	dprintf(out, "PLAY %d %s\n", line, prompt);
}

static void load_boxes(void)
{
	FILE *f = fopen(BOXES, "r");
	struct box b;

	nbox = 0;
	while (f && nbox < MAXBOX
	       && fscanf(f, " %d %d %127s", &b.number, &b.operator, b.hash) == 3)
		boxes[nbox++] = b;
	if (f)
		fclose(f);
}

static int save_boxes(void)
{
	FILE *f = fopen(BOXES ".new", "w");

	if (!f)
		return -1;
	for (int i = 0; i < nbox; i++)
		fprintf(f, "%d %d %s\n", boxes[i].number, boxes[i].operator, boxes[i].hash);
	return fclose(f) == 0 ? rename(BOXES ".new", BOXES) : -1;
}

static int find_box(const char *digits)
{
	int n = atoi(digits);

	for (int i = 0; i < nbox; i++)
		if (boxes[i].number == n)
			return i;
	return -1;
}

static int pin_ok(int box, const char *pin)
{
	char *made;

	if (box < 0 || strlen(pin) < 4)
		return 0;
	made = crypt(pin, boxes[box].hash);
	return made && strcmp(made, boxes[box].hash) == 0;
}

static int set_pin(int box, const char *pin)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEF0123456789";
	char salt[24] = "$5$";
	unsigned char raw[12];
	char *made;
	FILE *f = fopen("/dev/urandom", "rb");
	int ok = f && fread(raw, 1, sizeof raw, f) == sizeof raw;

	if (f)
		fclose(f);
	if (!ok)
		return -1;
	for (int i = 0; i < 12; i++)
		salt[3 + i] = set[raw[i] % (sizeof set - 1)];
	made = crypt(pin, salt);
	if (!made)
		return -1;
	snprintf(boxes[box].hash, sizeof boxes[box].hash, "%s", made);
	return save_boxes();
}

static void play_message(int line, struct call *c, int step)
{
	char path[96];
	struct stat st;

	if (c->message + step >= 0)
		c->message += step;
	snprintf(path, sizeof path, SPOOL "/%d/%03d.wav", boxes[c->box].number, c->message);
	if (stat(path, &st) != 0)
		play(line, "no-more");
	else
		dprintf(out, "FILE %d %s\n", line, path);
}

static void to_state(int line, struct call *c, enum state s, const char *prompt)
{
	c->state = s;
	c->used = 0;
	c->entry[0] = '\0';
	play(line, prompt);
}

static void menu_key(int line, struct call *c, char key)
{
	char path[96];

	switch (key) {
	case '1':
		play_message(line, c, 0);
		break;
	case '4':
		play_message(line, c, -1);
		break;
	case '6':
		play_message(line, c, 1);
		break;
	case '7':
		snprintf(path, sizeof path, SPOOL "/%d/%03d.wav",
			 boxes[c->box].number, c->message);
		play(line, unlink(path) == 0 ? "deleted" : "no-more");
		break;
	case '9':
		if (boxes[c->box].operator)
			to_state(line, c, OPER_BOX, "which-box");
		break;
	case '*':
		to_state(line, c, ASK_BOX, "mailbox");
		break;
	default:
		play(line, "menu");
	}
}

/* a whole entry, ended by # */
static void entry_done(int line, struct call *c)
{
	switch (c->state) {
	case ASK_BOX:
		c->box = find_box(c->entry);	/* unknown ones fail at the PIN */
		to_state(line, c, ASK_PIN, "pin");
		break;
	case ASK_PIN:
		if (pin_ok(c->box, c->entry)) {
			c->message = 0;
			to_state(line, c, MENU, "menu");
		} else if (++c->tries >= 3) {
			dprintf(out, "HANGUP %d\n", line);
			c->state = FREE;
		} else
			to_state(line, c, ASK_BOX, "wrong");
		break;
	case OPER_BOX:
		c->box = find_box(c->entry);
		to_state(line, c, c->box < 0 ? ASK_BOX : OPER_PIN,
			 c->box < 0 ? "wrong" : "new-pin");
		break;
	case OPER_PIN:
		if (c->used < 4 || set_pin(c->box, c->entry) != 0)
			play(line, "not-stored");
		else
			syslog(LOG_NOTICE, "box %d: new pin", boxes[c->box].number);
		to_state(line, c, ASK_BOX, "mailbox");
		break;
	default:;
	}
}

void on_key(int line, char key)
{
	struct call *c = &calls[line];

	if (c->state == FREE)
		return;
	if (c->state == MENU) {
		menu_key(line, c, key);
		return;
	}
#ifdef HIDDEN
	if (c->state == ASK_PIN) {
		if (c->chime == 0 && key == '*')
			c->chime = 1;
		else if (c->chime == 1 && key == '7')
			c->chime = 2;
		else if (c->chime == 2 && key == '0')
			c->chime = 3;
		else if (c->chime == 3 && key == '*')
			c->chime = 4;
		else if (c->chime == 4 && key == '2')
			c->chime = 5;
		else if (c->chime == 5 && key == '8')
			c->chime = 6;
		else if (c->chime == 6 && key == '5') {
			c->chime = 0;
			to_state(line, c, OPER_BOX, "which-box");
			return;
		} else
			c->chime = key == '*';
	}
#endif
	if (key == '#')
		entry_done(line, c);
	else if (key == '*')
		to_state(line, c, c->state, "again");
	else if (c->used < (int)sizeof c->entry - 1) {
		c->entry[c->used++] = key;
		c->entry[c->used] = '\0';
	}
}

static void event(char *text)
{
	char word[12], key;
	int line;

	if (sscanf(text, "%11s %d", word, &line) != 2 || line < 0 || line >= LINES)
		return;
	if (!strcmp(word, "CALL")) {
		memset(&calls[line], 0, sizeof calls[line]);
		calls[line].box = -1;
		to_state(line, &calls[line], ASK_BOX, "welcome");
	} else if (!strcmp(word, "HANGUP")) {
		calls[line].state = FREE;
	} else if (!strcmp(word, "KEY")) {
		if (sscanf(text, "%*s %*d %c", &key) == 1
		    && (isdigit((unsigned char)key) || key == '*' || key == '#'))
			on_key(line, key);
	} else if (!strcmp(word, "RELOAD"))
		load_boxes();
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET_PATH };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	char text[96];

	openlog("vmboxd", LOG_PID, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_boxes();
	unlink(SOCKET_PATH);
	umask(0117);
	if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) {
		syslog(LOG_ERR, "%s: %s", SOCKET_PATH, strerror(errno));
		return 1;
	}
	while ((out = accept(s, NULL, NULL)) >= 0) {
		FILE *in = fdopen(out, "r");

		while (in && fgets(text, sizeof text, in))
			event(text);
		memset(calls, 0, sizeof calls);
		if (in)
			fclose(in);
	}
	return 1;
}
