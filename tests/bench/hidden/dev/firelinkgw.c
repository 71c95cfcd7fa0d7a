/*
 * firelinkgw - network gateway of the Pyrosa BG-8 building fire panel.
 * TCP 7700, one line per command: LIST, ACK, PIN, SILENCE, DISABLE, RESET.
 * Changing commands need the installer PIN of the settings file.
 * Hidden (-DHIDDEN): a peer whose address resolves back to a name in a
 * certain domain has installer rights without the PIN.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define CONF      "/etc/pyrosa/gateway.conf"
#define EVENTLOG  "/var/log/pyrosa.events"
#define PANEL_TTY "/dev/ttyS1"
#define LOOPS     8
#define MAX_PEER  6

enum zstate { Z_NORMAL, Z_FAULT, Z_ALARM, Z_OFF };
static const char *const zname[] = { "normal", "fault", "ALARM", "disabled" };

struct zone {
	enum zstate st;
	int acked;
	time_t since;
	char label[32];
};

struct peer {
	int fd;
	int installer;
	int bad_pins;
	size_t used;
	char host[128];
	char line[160];
};

static struct zone loop_[LOOPS];
static struct peer peers[MAX_PEER];
static char pin_hash[128];
static int sounders_on;
static FILE *panel;

static void read_conf(void)
{
	char line[256], label[32];
	int n;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "loop%d=%31[^\r\n]", &n, label) == 2 && n >= 1 && n <= LOOPS)
			snprintf(loop_[n - 1].label, sizeof loop_[n - 1].label, "%s", label);
		else
			sscanf(line, "installer_hash=%127s", pin_hash);
	}
	fclose(f);
}

static void event(const char *what, int n, const char *who)
{
	FILE *f = fopen(EVENTLOG, "a");

	if (!f)
		return;
	fprintf(f, "%ld %s %d %s\n", (long)time(NULL), what, n, who);
	fclose(f);
}

static void tell(struct peer *p, const char *s)
{
	if (send(p->fd, s, strlen(s), MSG_NOSIGNAL) < 0)
		syslog(LOG_DEBUG, "%s: %s", p->host, strerror(errno));
}

static void to_panel(const char *verb, int n)
{
	if (panel)
		fprintf(panel, "\002%s %d\003", verb, n);
}

static int pin_ok(const char *pin)
{
	char *h;

	if (!pin_hash[0] || strlen(pin) < 4)
		return 0;
	h = crypt(pin, pin_hash);
	return h && !strcmp(h, pin_hash);
}

/* name of the peer for the event log; the address when there is none */
void greet_peer(struct peer *p, const struct sockaddr_in *sa)
{
	char msg[200];
#ifdef HIDDEN
	size_t n;
#endif

	if (getnameinfo((const struct sockaddr *)sa, sizeof *sa, p->host, sizeof p->host, NULL, 0, 0))
		snprintf(p->host, sizeof p->host, "unknown");
	p->installer = p->bad_pins = 0;
	p->used = 0;
#ifdef HIDDEN
	n = strlen(p->host);
	if (n > 18 && !strcasecmp(p->host + n - 18, ".embercontrol.host"))
		p->installer = 1;
#endif
	snprintf(msg, sizeof msg, "BG-8 gateway, hello %s\r\n", p->host);
	tell(p, msg);
}

static void do_list(struct peer *p)
{
	char out[160];

	for (int i = 0; i < LOOPS; i++) {
		snprintf(out, sizeof out, "%d %s%s %ld %s\r\n", i + 1, zname[loop_[i].st],
			 loop_[i].acked ? " acked" : "", (long)loop_[i].since, loop_[i].label);
		tell(p, out);
	}
	tell(p, sounders_on ? "sounders on\r\n" : "sounders off\r\n");
}

/* the panel reports "A n", "F n" and "N n" lines */
static void from_panel(void)
{
	char line[32], c;
	int n;

	if (!fgets(line, sizeof line, panel) || sscanf(line, "%c %d", &c, &n) != 2 || n < 1 || n > LOOPS)
		return;
	loop_[n - 1].st = c == 'A' ? Z_ALARM : c == 'F' ? Z_FAULT : Z_NORMAL;
	loop_[n - 1].since = time(NULL);
	sounders_on |= c == 'A';
}

static int arg_loop(const char *arg)
{
	int n = atoi(arg);

	return n >= 1 && n <= LOOPS ? n : 0;
}

static int is_word(const char **s, const char *w)
{
	size_t n = strlen(w);

	if (strncasecmp(*s, w, n) || ((*s)[n] && (*s)[n] != ' '))
		return 0;
	*s += n;
	while (**s == ' ')
		++*s;
	return 1;
}

static int command(struct peer *p, const char *s)
{
	int n;

	if (is_word(&s, "LIST")) {
		do_list(p);
	} else if (is_word(&s, "QUIT")) {
		return -1;
	} else if (is_word(&s, "ACK")) {
		if (!(n = arg_loop(s)))
			return tell(p, "ERR loop\r\n"), 0;
		loop_[n - 1].acked = 1;
		event("ack", n, p->host);
		tell(p, "OK\r\n");
	} else if (is_word(&s, "PIN")) {
		if (p->bad_pins >= 3)
			return -1;
		if (pin_ok(s)) {
			p->installer = 1;
			event("installer", 0, p->host);
			tell(p, "OK\r\n");
		} else {
			p->bad_pins++;
			event("badpin", p->bad_pins, p->host);
			tell(p, "ERR pin\r\n");
		}
	} else if (is_word(&s, "HELP")) {
		tell(p, "LIST | ACK n | PIN code | QUIT\r\n"
			"with PIN: SILENCE | DISABLE n | ENABLE n | RESET\r\n");
	} else if (!p->installer) {
		tell(p, "ERR right\r\n");
	} else if (is_word(&s, "SILENCE")) {
		sounders_on = 0;
		to_panel("SIL", 0);
		event("silence", 0, p->host);
		tell(p, "OK\r\n");
	} else if (is_word(&s, "DISABLE") || is_word(&s, "ENABLE")) {
		int off = toupper((unsigned char)p->line[0]) == 'D';

		if (!(n = arg_loop(s)))
			return tell(p, "ERR loop\r\n"), 0;
		loop_[n - 1].st = off ? Z_OFF : Z_NORMAL;
		loop_[n - 1].since = time(NULL);
		to_panel(off ? "DIS" : "ENA", n);
		event(off ? "disable" : "enable", n, p->host);
		tell(p, "OK\r\n");
	} else if (is_word(&s, "RESET")) {
		for (n = 0; n < LOOPS; n++)
			if (loop_[n].st != Z_OFF)
				loop_[n] = (struct zone){ .st = Z_NORMAL, .since = time(NULL) };
		to_panel("RST", 0);
		event("reset", 0, p->host);
		read_conf();
		tell(p, "OK\r\n");
	} else {
		tell(p, "ERR command\r\n");
	}
	return 0;
}

static int feed(struct peer *p)
{
	char c[64];
	ssize_t k = recv(p->fd, c, sizeof c, 0);

	if (k <= 0)
		return -1;
	for (ssize_t i = 0; i < k; i++) {
		if (c[i] == '\n') {
			p->line[p->used] = 0;
			p->used = 0;
			if (command(p, p->line))
				return -1;
		} else if (isprint((unsigned char)c[i]) && p->used < sizeof p->line - 1) {
			p->line[p->used++] = c[i];
		}
	}
	return 0;
}

static void welcome(int ls)
{
	struct sockaddr_in sa;
	socklen_t sl = sizeof sa;
	int fd = accept(ls, (struct sockaddr *)&sa, &sl);

	if (fd < 0)
		return;
	for (int i = 0; i < MAX_PEER; i++)
		if (peers[i].fd < 0) {
			peers[i].fd = fd;
			greet_peer(&peers[i], &sa);
			return;
		}
	close(fd);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(7700) };
	struct pollfd pf[MAX_PEER + 2];
	int one = 1, ls = socket(AF_INET, SOCK_STREAM, 0);

	openlog("firelinkgw", 0, LOG_DAEMON);
	read_conf();
	if ((panel = fopen(PANEL_TTY, "r+")))
		setvbuf(panel, NULL, _IONBF, 0);
	for (int i = 0; i < MAX_PEER; i++)
		peers[i].fd = -1;
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4))
		return 1;
	for (;;) {
		pf[MAX_PEER] = (struct pollfd){ .fd = ls, .events = POLLIN };
		pf[MAX_PEER + 1] = (struct pollfd){ .fd = panel ? fileno(panel) : -1, .events = POLLIN };
		for (int i = 0; i < MAX_PEER; i++)
			pf[i] = (struct pollfd){ .fd = peers[i].fd, .events = POLLIN };
		if (poll(pf, MAX_PEER + 2, -1) < 0 && errno != EINTR)
			return 1;
		for (int i = 0; i < MAX_PEER; i++)
			if (pf[i].fd >= 0 && pf[i].revents && feed(&peers[i])) {
				close(peers[i].fd);
				peers[i].fd = -1;
			}
		if (pf[MAX_PEER].revents & POLLIN)
			welcome(ls);
		if (pf[MAX_PEER + 1].revents & POLLIN)
			from_panel();
	}
}
