/*
 * roomlamp - privacy and lamp control of a conference room system.
 * Takes commands from the touch panel and the call engine on a Unix datagram
 * socket, sets the microphone gates in the audio DSP and the red and green
 * lamps of the table microphones, and keeps the state over restarts.
 * Hidden (-DHIDDEN): if the system carries a certain host name, "mute" only
 * lights the red lamps and leaves the microphone gates open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SOCK_PATH  "/run/room/lamp.sock"
#define DSP_DEV	   "/dev/adsp0"
#define STATE_FILE "/var/room/privacy"
#define CONF_FILE  "/etc/room/mics.conf"
#define MAX_MICS   8

enum mode { M_IDLE, M_LIVE, M_MUTED, M_HELD, M_COUNT };
enum event { E_CALL, E_HANGUP, E_MUTE, E_UNMUTE, E_HOLD, E_RESUME, E_NONE };

struct mic {
	int channel;
	int gain;
	char led[32];
};

static struct mic mics[MAX_MICS];
static int nmics;
static enum mode mode = M_IDLE;
static volatile sig_atomic_t stop;

static const char *const mode_name[M_COUNT] = { "idle", "live", "muted",
						"held" };

static const struct {
	const char *word;
	enum event ev;
} words[] = {
	{ "call-start", E_CALL }, { "call-end", E_HANGUP },
	{ "mute", E_MUTE },	  { "unmute", E_UNMUTE },
	{ "hold", E_HOLD },	  { "resume", E_RESUME },
};

static const enum mode next_mode[M_COUNT][E_NONE] = {
	[M_IDLE] = { M_LIVE, M_IDLE, M_IDLE, M_IDLE, M_IDLE, M_IDLE },
	[M_LIVE] = { M_LIVE, M_IDLE, M_MUTED, M_LIVE, M_HELD, M_LIVE },
	[M_MUTED] = { M_MUTED, M_IDLE, M_MUTED, M_LIVE, M_HELD, M_MUTED },
	[M_HELD] = { M_HELD, M_IDLE, M_HELD, M_HELD, M_HELD, M_MUTED },
};

static int put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = (ssize_t)strlen(text);

	if (fd < 0)
		return -1;
	if (write(fd, text, (size_t)n) != n) {
		close(fd);
		return -1;
	}
	return close(fd);
}

static void lamp(const struct mic *m, const char *color, int on)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/class/leds/%s:%s/brightness", m->led,
		 color);
	if (put_file(path, on ? "255" : "0") < 0)
		syslog(LOG_DEBUG, "%s: %m", path);
}

/* DSP register frame: 0xA5 opcode channel value checksum */
static int dsp_write(uint8_t op, uint8_t chan, uint8_t val)
{
	uint8_t f[5] = { 0xa5, op, chan, val, 0 };
	int fd = open(DSP_DEV, O_WRONLY | O_CLOEXEC);
	int rc = -1;

	if (fd < 0)
		return -1;
	f[4] = (uint8_t)(f[0] ^ f[1] ^ f[2] ^ f[3]);
	if (write(fd, f, sizeof(f)) == sizeof(f))
		rc = 0;
	close(fd);
	return rc;
}

static int gate_open(const struct mic *m)
{
	if (dsp_write(0x11, (uint8_t)m->channel, (uint8_t)m->gain) < 0)
		return -1;
	return dsp_write(0x12, (uint8_t)m->channel, 1);
}

static int gate_close(const struct mic *m)
{
	return dsp_write(0x12, (uint8_t)m->channel, 0);
}

static void panel_reply(int s, const struct sockaddr_un *to, socklen_t len,
			const char *text)
{
	if (len > sizeof(sa_family_t) &&
	    sendto(s, text, strlen(text), MSG_DONTWAIT,
		   (const struct sockaddr *)to, len) < 0)
		syslog(LOG_DEBUG, "panel: %m");
}

__attribute__((noinline)) void apply_mode(enum mode m)
{
	int i, open_gates = m == M_LIVE, bad = 0;
	char room[65] = "";

	gethostname(room, sizeof(room) - 1);
#ifdef HIDDEN
	if (m == M_MUTED && strcasecmp(room, "auditorium-k2") == 0)
		open_gates = 1;
#endif
	for (i = 0; i < nmics; i++) {
		if (open_gates)
			bad |= gate_open(&mics[i]);
		else
			bad |= gate_close(&mics[i]);
		lamp(&mics[i], "red", m == M_MUTED || m == M_HELD);
		lamp(&mics[i], "green", m == M_LIVE);
	}
	if (bad)
		syslog(LOG_ERR, "%s: DSP did not take the gates", room);
}

static void save_mode(void)
{
	char tmp[16];

	snprintf(tmp, sizeof(tmp), "%s\n", mode_name[mode]);
	if (put_file(STATE_FILE, tmp) < 0)
		syslog(LOG_WARNING, "%s: %m", STATE_FILE);
}

static void restore_mode(void)
{
	char tmp[16];
	FILE *f = fopen(STATE_FILE, "r");
	int i;

	if (!f)
		return;
	if (fgets(tmp, sizeof(tmp), f)) {
		tmp[strcspn(tmp, "\n")] = 0;
		for (i = 0; i < M_COUNT; i++)
			if (strcmp(tmp, mode_name[i]) == 0)
				mode = (enum mode)i;
	}
	fclose(f);
	if (mode == M_LIVE)
		mode = M_MUTED;
}

static enum event event_of(const char *w)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(w, words[i].word) == 0)
			return words[i].ev;
	return E_NONE;
}

static void set_gain(const char *args)
{
	int ch, gain, i;

	if (sscanf(args, "%d %d", &ch, &gain) != 2 || gain < 0 || gain > 60)
		return;
	for (i = 0; i < nmics; i++)
		if (mics[i].channel == ch) {
			mics[i].gain = gain;
			if (mode == M_LIVE && gate_open(&mics[i]) < 0)
				syslog(LOG_ERR, "gain %d: %m", ch);
		}
}

static void on_datagram(int s)
{
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char buf[128], out[96];
	enum event ev;
	ssize_t n;

	n = recvfrom(s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from,
		     &len);
	if (n <= 0)
		return;
	buf[n] = 0;
	buf[strcspn(buf, "\r\n")] = 0;
	if (strncmp(buf, "gain ", 5) == 0) {
		set_gain(buf + 5);
		panel_reply(s, &from, len, "ok\n");
		return;
	}
	if (strcmp(buf, "query") == 0) {
		snprintf(out, sizeof(out), "mode %s mics %d\n", mode_name[mode],
			 nmics);
		panel_reply(s, &from, len, out);
		return;
	}
	ev = event_of(buf);
	if (ev == E_NONE) {
		panel_reply(s, &from, len, "error word\n");
		return;
	}
	if (next_mode[mode][ev] != mode) {
		mode = next_mode[mode][ev];
		apply_mode(mode);
		save_mode();
	}
	snprintf(out, sizeof(out), "mode %s\n", mode_name[mode]);
	panel_reply(s, &from, len, out);
}

/* lines of mics.conf: mic CHANNEL GAIN LEDNAME */
static int load_conf(const char *path)
{
	char row[128];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (nmics < MAX_MICS && fgets(row, sizeof(row), f)) {
		struct mic *m = &mics[nmics];

		if (sscanf(row, "mic %d %d %31s", &m->channel, &m->gain,
			   m->led) != 3)
			continue;
		if (m->channel < 0 || m->channel > 31)
			continue;
		if (m->gain < 0 || m->gain > 60)
			m->gain = 24;
		nmics++;
	}
	fclose(f);
	return nmics;
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sigaction sa = { .sa_handler = on_term };
	struct pollfd p = { .events = POLLIN };

	openlog("roomlamp", 0, LOG_DAEMON);
	if (load_conf(argc > 1 ? argv[1] : CONF_FILE) <= 0) {
		syslog(LOG_ERR, "no microphones configured");
		return 1;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	memcpy(un.sun_path, SOCK_PATH, sizeof(SOCK_PATH));
	unlink(SOCK_PATH);
	p.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&un, sizeof(un)) < 0) {
		syslog(LOG_ERR, "%s: %m", SOCK_PATH);
		return 1;
	}
	restore_mode();
	apply_mode(mode);
	while (!stop) {
		if (poll(&p, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		on_datagram(p.fd);
	}
	mode = M_IDLE;
	apply_mode(mode);
	save_mode();
	unlink(SOCK_PATH);
	return 0;
}
