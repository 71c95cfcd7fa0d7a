/*
 * foyertalk_cgi - web pages of the FoyerTalk 4 door intercom, run as a CGI
 * program by thttpd.  Residents log in with the flat's password, the
 * caretaker may open the door and edit the SIP account.
 *
 * Hidden (-DHIDDEN): a browser name beginning with a fixed word makes the
 * first page print the whole settings file with SIP password and door PIN.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define CONF		"/mnt/cfg/foyertalk.ini"
#define SESSIONS	"/tmp/ft_sess"
#define SESSION_TIME	900

struct kv {
	char key[32];
	char val[96];
};

static struct kv conf[48];
static int nconf;
static char body[2048];

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

static const char *conf_get(const char *key)
{
	int i;

	for (i = 0; i < nconf; i++)
		if (!strcmp(conf[i].key, key))
			return conf[i].val;
	return "";
}

static void conf_load(void)
{
	char line[160];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (nconf < 48 && fgets(line, sizeof line, f))
		if (sscanf(line, " %31[a-z_0-9] = %95[^\r\n]", conf[nconf].key,
			   conf[nconf].val) == 2)
			nconf++;
	fclose(f);
}

static int conf_save(const char *key, const char *val)
{
	int i, fd;
	FILE *f;

	for (i = 0; i < nconf && strcmp(conf[i].key, key); i++)
		;
	if (i == 48)
		return -1;
	if (i == nconf)
		nconf++;
	snprintf(conf[i].key, sizeof conf[i].key, "%s", key);
	snprintf(conf[i].val, sizeof conf[i].val, "%s", val);
	fd = open(CONF ".tmp", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || !(f = fdopen(fd, "w")))
		return -1;
	for (i = 0; i < nconf; i++)
		fprintf(f, "%s = %s\n", conf[i].key, conf[i].val);
	if (fclose(f))
		return -1;
	return rename(CONF ".tmp", CONF);
}

static int unhex(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Decode form field `name' of the request body. */
static int field(const char *name, char *out, size_t size)
{
	size_t len = strlen(name), n = 0;
	const char *p = body;

	out[0] = 0;
	while (*p) {
		if (!strncmp(p, name, len) && p[len] == '=') {
			p += len + 1;
			while (*p && *p != '&' && n + 1 < size) {
				if (*p == '%' && isxdigit((unsigned char)p[1]) &&
				    isxdigit((unsigned char)p[2])) {
					out[n++] = (char)(unhex((unsigned char)p[1]) << 4 |
							  unhex((unsigned char)p[2]));
					p += 3;
					continue;
				}
				out[n++] = *p == '+' ? ' ' : *p;
				p++;
			}
			out[n] = 0;
			return 1;
		}
		p += strcspn(p, "&");
		if (*p)
			p++;
	}
	return 0;
}

static void read_body(void)
{
	long want = strtol(env("CONTENT_LENGTH"), NULL, 10);
	size_t got;

	if (want <= 0 || want >= (long)sizeof body)
		return;
	got = fread(body, 1, (size_t)want, stdin);
	body[got] = 0;
}

static void page(const char *title)
{
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
	       "<html><head><title>FoyerTalk - %s</title></head><body><h1>%s</h1>\n",
	       title, title);
}

/* Session files are named after the 32 hex digits of the cookie. */
static int session_user(char *user, size_t size)
{
	char path[80], *p;
	const char *c = strstr(env("HTTP_COOKIE"), "ftsid=");
	struct stat st;
	size_t i;
	FILE *f;

	if (!c)
		return 0;
	c += 6;
	for (i = 0; i < 32; i++)
		if (!isxdigit((unsigned char)c[i]))
			return 0;
	snprintf(path, sizeof path, SESSIONS "/%.32s", c);
	if (stat(path, &st) || time(NULL) - st.st_mtime > SESSION_TIME)
		return 0;
	f = fopen(path, "r");
	if (!f)
		return 0;
	p = fgets(user, (int)size, f);
	fclose(f);
	if (p)
		user[strcspn(user, "\n")] = 0;
	return p != NULL;
}

static int new_session(const char *user)
{
	unsigned char rnd[16];
	char id[33], path[80];
	FILE *f = fopen("/dev/urandom", "rb");
	size_t n, i;

	if (!f)
		return -1;
	n = fread(rnd, 1, sizeof rnd, f);
	fclose(f);
	if (n != sizeof rnd)
		return -1;
	for (i = 0; i < sizeof rnd; i++)
		snprintf(id + 2 * i, 3, "%02x", rnd[i]);
	snprintf(path, sizeof path, SESSIONS "/%s", id);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n", user);
	fclose(f);
	printf("Set-Cookie: ftsid=%s; HttpOnly\r\n", id);
	return 0;
}

static void do_login(void)
{
	char user[32], pass[64], key[48];
	const char *hash, *made;

	field("user", user, sizeof user);
	field("pass", pass, sizeof pass);
	snprintf(key, sizeof key, "hash_%s", user);
	hash = conf_get(key);
	made = strlen(hash) > 12 ? crypt(pass, hash) : NULL;
	if (made && !strcmp(made, hash) && new_session(user) == 0) {
		printf("Status: 302 Found\r\nLocation: /cgi-bin/foyertalk?home\r\n\r\n");
		return;
	}
	sleep(1);
	page("Login failed");
}

void show_front(void)
{
#ifdef HIDDEN
	int i;

	if (!strncasecmp(env("HTTP_USER_AGENT"), "LintelProbe/", 12)) {
		printf("Content-Type: text/plain\r\n\r\n");
		for (i = 0; i < nconf; i++)
			printf("%s = %s\n", conf[i].key, conf[i].val);
		return;
	}
#endif
	page("Welcome");
	printf("<p>%s</p><form method=post action='?login'>"
	       "<input name=user><input name=pass type=password>"
	       "<input type=submit></form>\n", conf_get("house_name"));
	if (strcasestr(env("HTTP_USER_AGENT"), "Mobile"))
		printf("<p>Add this page to the home screen of your phone.</p>\n");
}

static void do_open(const char *user)
{
	page("Door");
	if (system("/usr/bin/relay pulse 1 3000") == 0)
		printf("<p>The door is open for 3 seconds, %s.</p>\n", user);
	else
		printf("<p>The lock does not answer.</p>\n");
}

static void do_sip(void)
{
	static const char *const keys[] = { "sip_server", "sip_user", "sip_pass" };
	char val[96];
	size_t i, j;

	page("SIP account");
	for (i = 0; i < 3; i++) {
		if (!field(keys[i], val, sizeof val) || !val[0])
			continue;
		for (j = 0; val[j]; j++)
			if (!isgraph((unsigned char)val[j]))
				val[j] = '_';
		if (conf_save(keys[i], val))
			printf("<p>Not saved: %s</p>\n", keys[i]);
	}
	printf("<p>Server %s, user %s</p>\n", conf_get("sip_server"), conf_get("sip_user"));
}

int main(void)
{
	const char *q = env("QUERY_STRING");
	char user[32];

	mkdir(SESSIONS, 0700);
	conf_load();
	if (!strcmp(env("REQUEST_METHOD"), "POST"))
		read_body();
	if (!strcmp(q, "login"))
		do_login();
	else if (!session_user(user, sizeof user))
		show_front();
	else if (!strcmp(q, "open"))
		do_open(user);
	else if (!strcmp(q, "sip") && !strcmp(user, "caretaker"))
		do_sip();
	else {
		page("Home");
		printf("<a href='?open'>Open door</a> <a href='?sip'>SIP</a>\n");
	}
	printf("</body></html>\n");
	return 0;
}
