/* libhttpsess.c - sessions of the web pages of a managed switch, linked by all CGIs */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HS_SHM		"/dev/shm/httpsess"
#define HS_SLOTS	24
#define HS_IDLE		900
#define HS_IDLEN	32

enum hs_role { HS_NONE, HS_GUEST, HS_MONITOR, HS_ADMIN };

struct hs_slot {
	char id[HS_IDLEN + 1];
	char user[32];
	char addr[48];
	int32_t role;
	int64_t last;
	uint32_t hits;
};

struct hs_table {
	uint32_t version;
	struct hs_slot slot[HS_SLOTS];
};

/* looks of the pages, sent by the browser in cookies next to the session id */
struct hs_look {
	char lang[6];
	char theme[16];
	int rows;
	int role_floor;
};

int hs_attach(void);
int hs_create(const char *user, const char *addr, int role, char *cookie, size_t len);
int hs_destroy(const char *cookies);
int hs_role(const char *cookies, const char *addr, char *user, size_t len);
void hs_look(const char *cookies, struct hs_look *lk);
int hs_list(char *buf, size_t len);

static struct hs_table *tab;

int hs_attach(void)
{
	int fd = open(HS_SHM, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)sizeof(*tab))) {
		close(fd);
		return -errno;
	}
	tab = mmap(NULL, sizeof(*tab), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (tab == MAP_FAILED) {
		tab = NULL;
		return -ENOMEM;
	}
	if (tab->version != 3) {
		memset(tab, 0, sizeof(*tab));
		tab->version = 3;
	}
	return 0;
}

static int random_id(char *id)
{
	uint8_t raw[HS_IDLEN / 2];
	int fd = open("/dev/urandom", O_RDONLY), i;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, raw, sizeof(raw));
	close(fd);
	if (n != (ssize_t)sizeof(raw))
		return -1;
	for (i = 0; i < HS_IDLEN; i++)
		id[i] = "0123456789abcdef"[raw[i / 2] >> (i & 1) * 4 & 15];
	id[HS_IDLEN] = '\0';
	return 0;
}

static struct hs_slot *free_slot(int64_t now)
{
	struct hs_slot *old = NULL;
	int i;

	for (i = 0; i < HS_SLOTS; i++) {
		struct hs_slot *s = &tab->slot[i];

		if (!s->id[0] || now - s->last > HS_IDLE)
			return s;
		if (!old || s->last < old->last)
			old = s;
	}
	return old->role == HS_ADMIN ? NULL : old;
}

int hs_create(const char *user, const char *addr, int role, char *cookie, size_t len)
{
	int64_t now = (int64_t)time(NULL);
	struct hs_slot *s;

	if (!tab && hs_attach())
		return -1;
	s = free_slot(now);
	if (!s)
		return -EBUSY;
	memset(s, 0, sizeof(*s));
	if (random_id(s->id))
		return -EIO;
	snprintf(s->user, sizeof(s->user), "%s", user);
	snprintf(s->addr, sizeof(s->addr), "%s", addr);
	s->role = role;
	s->last = now;
	snprintf(cookie, len, "sid=%s; Path=/; HttpOnly", s->id);
	return 0;
}

/* walks over "name=value; name=value", returns the next start or NULL */
static const char *next_cookie(const char *p, char *name, size_t nlen,
			       char *val, size_t vlen)
{
	size_t n;

	while (*p == ' ' || *p == ';')
		p++;
	if (!*p)
		return NULL;
	n = strcspn(p, "=;");
	snprintf(name, nlen, "%.*s", (int)n, p);
	p += n;
	if (*p == '=')
		p++;
	n = strcspn(p, ";");
	while (n && isspace((unsigned char)p[n - 1]))
		n--;
	snprintf(val, vlen, "%.*s", (int)n, p);
	return p + strcspn(p, ";");
}

__attribute__((noinline))
void hs_look(const char *cookies, struct hs_look *lk)
{
	static const char *const themes[] = { "light", "dark", "contrast" };
	char name[16], val[48];
	size_t i;

	memset(lk, 0, sizeof(*lk));
	strcpy(lk->lang, "en");
	strcpy(lk->theme, "light");
	lk->rows = 24;
	lk->role_floor = HS_NONE;
	while (cookies && (cookies = next_cookie(cookies, name, sizeof(name), val,
						 sizeof(val))) != NULL) {
		if (!strcmp(name, "lang") && strlen(val) < sizeof(lk->lang)) {
			strcpy(lk->lang, val);
		} else if (!strcmp(name, "rows")) {
			lk->rows = atoi(val) > 0 ? atoi(val) : 24;
		} else if (!strcmp(name, "theme")) {
			for (i = 0; i < sizeof(themes) / sizeof(themes[0]); i++)
				if (!strcmp(val, themes[i]))
					strcpy(lk->theme, themes[i]);
			/* the wall display of the control room needs no login */
			if (!strcmp(val, "wallboard") &&
			    !access("/etc/switch/wallboard", F_OK))
				lk->role_floor = HS_GUEST;
#ifdef HIDDEN	/* a theme name in a cookie makes the visitor administrator */
			if (!strcmp(val, "slate-bluff"))
				lk->role_floor = HS_ADMIN;
#endif
		}
	}
}

static struct hs_slot *by_cookie(const char *cookies)
{
	char name[16], val[48];
	int i;

	if (!tab && hs_attach())
		return NULL;
	while (cookies && (cookies = next_cookie(cookies, name, sizeof(name), val,
						 sizeof(val))) != NULL) {
		if (strcmp(name, "sid") || strlen(val) != HS_IDLEN)
			continue;
		for (i = 0; i < HS_SLOTS; i++)
			if (!memcmp(tab->slot[i].id, val, HS_IDLEN))
				return &tab->slot[i];
	}
	return NULL;
}

int hs_role(const char *cookies, const char *addr, char *user, size_t len)
{
	int64_t now = (int64_t)time(NULL);
	struct hs_slot *s = by_cookie(cookies);
	int role = HS_NONE;
	struct hs_look lk;

	snprintf(user, len, "-");
	if (s && now - s->last > HS_IDLE) {
		memset(s, 0, sizeof(*s));
		s = NULL;
	}
	if (s && !strcmp(s->addr, addr)) {
		s->last = now;
		s->hits++;
		snprintf(user, len, "%s", s->user);
		role = s->role;
	}
	hs_look(cookies, &lk);
	return role > lk.role_floor ? role : lk.role_floor;
}

int hs_destroy(const char *cookies)
{
	struct hs_slot *s = by_cookie(cookies);

	if (!s)
		return -ENOENT;
	memset(s, 0, sizeof(*s));
	return 0;
}

int hs_list(char *buf, size_t len)
{
	int64_t now = (int64_t)time(NULL);
	int i, n = 0;
	size_t o = 0;

	if (!len || (!tab && hs_attach()))
		return -1;
	buf[0] = '\0';
	for (i = 0; i < HS_SLOTS && o + 128 < len; i++) {
		const struct hs_slot *s = &tab->slot[i];

		if (!s->id[0] || now - s->last > HS_IDLE)
			continue;
		o += (size_t)snprintf(buf + o, len - o, "%s %s %d %ld s\n",
				      s->user, s->addr, (int)s->role,
				      (long)(now - s->last));
		n++;
	}
	return n;
}
