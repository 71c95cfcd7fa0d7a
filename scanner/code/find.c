/* find.c - where functions begin, and who calls whom, without decoding it all
 *
 * Source: LSB for .eh_frame_hdr, ARM's exception handling ABI for .ARM.exidx.
 */
#include <stdlib.h>

#include "code/state.h"

enum { FOPEN_DEPTH = 3 };
enum { STARTS_MAX = 1 << 18, SEEN_MAX = 1 << 20, EDGES_MAX = 1 << 19 };
enum { ROOM_MAX = 24 << 20 }; /* bytes */
enum { ENOUGH_FRAMES = 16 };
enum { WINDOW = 1024, LARGEST_TEXT = 2048, BOTH = 2 };

struct seen {
	uint64_t at : 56, what : 8; /* enum code_seen */
	uint64_t value;
};

/* Room for lists whose length is not known; each in an arena of its own. */
struct code_growing {
	struct fw_arena starts, edges, seen;
};

/* A function as the unwinding tables have it. */
struct frame {
	uint64_t address, size;
};

struct finder {
	struct code_program *p;
	struct code_growing growing;
	struct fw_arena arena; /* of what is only needed here */
	struct seen *v;
	size_t count, cap;
	struct frame *frames; /* by address, as the table is */
	size_t frame_count, frame_cap;
	bool take_starts;
	bool doubtful;	 /* the code is read in the rarer mode */
	bool thumb;	 /* what is scanned is */
	uint8_t **modes; /* ARM: by range of text, by window: is it Thumb? */
};

static struct code_growing growing_of(const struct code_program *p)
{
	struct fw_arena none = { .on_full = p->arena->on_full,
				 .ctx = p->arena->ctx };

	return (struct code_growing){ none, none, none };
}

static int start_order(const void *a, const void *b)
{
	const struct code_start *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if ((x->name.len > 0) != (y->name.len > 0))
		return x->name.len > 0 ? -1 : 1;
	return (int)y->thumb - (int)x->thumb;
}

/* Sorts, and drops doubles: a name and a known mode win. */
static void join_doubles(struct code_program *p)
{
	size_t kept = 0;

	if (p->start_count == 0)
		return;
	qsort(p->starts, p->start_count, sizeof(*p->starts), start_order);
	for (size_t i = 0; i < p->start_count; i++) {
		struct code_start *last =
			kept > 0 ? &p->starts[kept - 1] : NULL;

		if (last != NULL && last->address == p->starts[i].address) {
			last->exported |= p->starts[i].exported;
			last->thumb |= p->starts[i].thumb;
			if (last->known == NULL)
				last->known = p->starts[i].known;
			continue;
		}
		p->starts[kept++] = p->starts[i];
	}
	p->start_count = kept;
}

static void add(struct code_program *p, uint64_t address, struct fw_view name,
		bool thumb, bool exported)
{
	if (p->elf.h.e_machine == EM_ARM) {
		thumb = thumb || (address & 1) != 0;
		address &= ~UINT64_C(1);
	}
	if (!code_in_text(p, address) || address % p->arch->step != 0)
		return;
	if (p->start_count == p->start_cap)
		join_doubles(p);
	if (p->start_count == STARTS_MAX) {
		p->gave_up = "it has more functions than are looked at";
		return;
	}
	/* Twice the room where doubles were few: sorting stays cheap. */
	p->starts = code_grow(&p->growing->starts, p->starts, &p->start_cap,
			      p->start_count + p->start_count / 2 + 1,
			      sizeof(*p->starts));
	p->starts[p->start_count++] =
		(struct code_start){ .address = address,
				     .name = name,
				     .known = code_known(name),
				     .thumb = thumb,
				     .exported = exported };
}

static void add_pointer(struct code_program *p, uint64_t address)
{
	/* Bit 0 tells on ARM; elsewhere the mode is the program's. */
	add(p, address, (struct fw_view){ NULL, 0 }, false, false);
}

static void add_symbols(struct code_program *p, const struct elf_symbols *t,
			bool exported)
{
	struct elf_symbol s;

	for (size_t i = 0; i < t->count && p->start_count < STARTS_MAX; i++)
		if (elf_symbol_at(t, i, &s) && s.defined && s.value != 0 &&
		    (s.type == STT_FUNC || s.type == STT_GNU_IFUNC))
			add(p, s.value, s.name, false, exported);
}

static void add_frame(struct finder *f, uint64_t at, uint64_t size)
{
	add_pointer(f->p, at);
	f->frames = fw_grow(&f->arena, f->frames, &f->frame_cap,
			    f->frame_count + 1, sizeof(*f->frames));
	f->frames[f->frame_count++] = (struct frame){ at, size };
}

static int frame_order(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* How a CIE says that its addresses are written; -1: in some rarer way. c
 * stands behind the CIE's id. */
static int frame_encoding(struct fw_cursor *c)
{
	fw_skip(c, 1);
	if (fw_u8(c) != 'z' || fw_u8(c) != 'R')
		return -1;
	while (fw_ok(c) && fw_u8(c) != 0)
		;
	/* Three numbers and a length of one byte each. */
	fw_skip(c, 4);
	return fw_u8(c);
}

/* The entries of .eh_frame themselves, for static programs, which have no table
 * of them. Source: LSB Core, exception frames. */
static size_t add_frame_section(struct finder *f)
{
	struct code_program *p = f->p;
	const struct elf_section *s = elf_section(&p->elf, ".eh_frame");
	struct fw_cursor c, e, cie;
	size_t n = 0;

	if (s == NULL)
		return 0;
	c = fw_cursor_of(s->bytes);
	c.big_endian = p->mode.big_endian;
	while (fw_left(&c) >= 4 && n < STARTS_MAX) {
		uint32_t length = fw_u32(&c);
		uint64_t at = c.pos;

		if (length < 12 || length > fw_left(&c))
			break;
		fw_skip(&c, length);
		e = c;
		fw_seek(&e, at);
		uint32_t id = fw_u32(&e);

		if (id == 0 || id > at)
			continue;
		cie = c;
		fw_seek(&cie, at - id + 8);
		int encoding = frame_encoding(&cie);
		uint64_t address = fw_u32(&e), size = fw_u32(&e);

		/* DW_EH_PE_pcrel | DW_EH_PE_sdata4, or as it is in 32 bits */
		if (encoding == 0x1b)
			address = s->h.sh_addr + at + 4 +
				  (uint64_t)(int64_t)(int32_t)address;
		else if (encoding != 0 || p->word != 4)
			continue;
		if (!fw_ok(&e) || !fw_ok(&cie))
			break;
		add_frame(f, address & p->mask, size);
		n++;
	}
	if (n > 1)
		qsort(f->frames, f->frame_count, sizeof(*f->frames),
		      frame_order);
	return n;
}

/* The table of .eh_frame_hdr: version, three encodings, pointer, count, then
 * pairs of offsets from the header. Returns how many there were. */
static size_t add_frames(struct finder *f)
{
	struct code_program *p = f->p;
	const GElf_Phdr *s = elf_segment(&p->elf, PT_GNU_EH_FRAME);
	struct fw_cursor c;

	if (s == NULL)
		return add_frame_section(f);
	c = fw_cursor_of(fw_view_sub(code_bytes(p, s->p_vaddr), 0, s->p_memsz));
	c.big_endian = p->mode.big_endian;
	if (fw_u8(&c) != 1)
		return 0;
	fw_skip(&c, 2);
	/* DW_EH_PE_datarel | DW_EH_PE_sdata4 is all that linkers write. */
	if (fw_u8(&c) != 0x3b)
		return 0;
	fw_skip(&c, 4);
	uint32_t n = fw_u32(&c), i = 0;

	for (; i < n && fw_ok(&c); i++) {
		uint64_t at = s->p_vaddr + (uint64_t)(int32_t)fw_u32(&c);
		uint64_t frame = s->p_vaddr + (uint64_t)(int32_t)fw_u32(&c);
		uint64_t size;

		if (!fw_ok(&c))
			break;
		/* length, CIE, begin, then how many bytes it describes */
		if (!code_read(p, (frame + 12) & p->mask, 4, &size))
			size = 0;
		add_frame(f, at & p->mask, size);
	}
	return i;
}

static bool is_thumb(const struct finder *f, uint64_t address)
{
	const struct code_program *p = f->p;

	for (size_t i = 0; f->modes != NULL && i < p->text_count; i++)
		if (address - p->text[i].address < p->text[i].bytes.len)
			return f->modes[i][(address - p->text[i].address) /
					   WINDOW] == 1;
	return false;
}

/* Pairs of a relative 31-bit offset to a function and its unwinding. */
static size_t add_exidx(const struct finder *f)
{
	struct code_program *p = f->p;
	const GElf_Phdr *s = elf_segment(&p->elf, PT_LOPROC + 1);
	uint64_t n, count;

	if (s == NULL || p->elf.h.e_machine != EM_ARM)
		return 0;
	count = s->p_memsz / 8;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = s->p_vaddr + i * 8;

		if (!code_read(p, at, 4, &n))
			return i;
		at = (at + (uint64_t)(int64_t)((int32_t)(n << 1) >> 1)) &
		     p->mask;
		add(p, at, (struct fw_view){ NULL, 0 }, is_thumb(f, at), false);
	}
	return count;
}

static void add_arrays(struct code_program *p)
{
	static const int64_t arrays[][2] = {
		{ DT_INIT_ARRAY, DT_INIT_ARRAYSZ },
		{ DT_FINI_ARRAY, DT_FINI_ARRAYSZ },
		{ DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ },
	};
	uint64_t n;

	for (size_t i = 0; i < 3; i++) {
		const GElf_Dyn *at = elf_dyn(&p->elf, arrays[i][0]);
		const GElf_Dyn *size = elf_dyn(&p->elf, arrays[i][1]);

		for (uint64_t k = 0; at != NULL && size != NULL &&
				     k < size->d_un.d_val && k < 65536;
		     k += p->word)
			if (code_read(p, at->d_un.d_ptr + k, p->word, &n))
				add_pointer(p, n);
	}
	add_pointer(p, p->elf.h.e_entry);
	for (size_t i = 0; i < p->slot_count; i++)
		if (p->slots[i].import == CODE_NO_IMPORT)
			add_pointer(p, p->slots[i].value);
}

static bool points_to_text(const struct code_program *p, uint64_t at)
{
	uint64_t n;

	return code_read(p, at, p->word, &n) && code_text(p, n).len > 1;
}

/* Programs at fixed addresses hold pointers to functions without relocations.
 * Tables of jumps lie with the constants, too: there a name must stand near. */
static void add_data_pointers(struct code_program *p)
{
	uint64_t n;

	for (size_t i = 0; i < p->range_count && !p->dynamic_base; i++) {
		const struct code_range *r = &p->ranges[i];
		uint64_t at = (r->address + p->word - 1) / p->word * p->word;

		if (r->write && r->exec)
			continue;
		for (; at - r->address + p->word <= r->bytes.len; at += p->word)
			if (code_read(p, at, p->word, &n) && n != 0 &&
			    code_in_text(p, n) &&
			    (r->write ||
			     (!code_in_text(p, at) &&
			      (points_to_text(p, at - p->word) ||
			       points_to_text(p, at - 2U * p->word)))))
				add_pointer(p, n);
	}
}

/* Whether an address lies inside of a function that the unwinding tables know:
 * what looks like a call of
 * it, or like a begin, is none. */
static bool is_inside(const struct finder *f, uint64_t address)
{
	size_t low = 0, high = f->frame_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->frames[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && f->frames[low - 1].address != address &&
	       address - f->frames[low - 1].address < f->frames[low - 1].size;
}

static void see(void *ctx, enum code_seen what, uint64_t at, uint64_t value)
{
	struct finder *f = ctx;

	if (what == CODE_SEEN_START) {
		if (f->take_starts && !f->doubtful && !is_inside(f, at))
			add(f->p, at, (struct fw_view){ NULL, 0 }, f->thumb,
			    false);
		return;
	}
	if (what == CODE_SEEN_CALL || what == CODE_SEEN_JUMP) {
		const struct code_range *r = code_range_of(f->p, value);

		if ((r == NULL || !r->exec) &&
		    code_slot_at(f->p, value) == NULL)
			return;
	}
	if (what == CODE_SEEN_SLOT && code_slot_at(f->p, value) == NULL)
		return;
	if (f->count == SEEN_MAX) {
		f->p->gave_up = "it has more calls than are looked at";
		return;
	}
	if (what == CODE_SEEN_JUMP && f->thumb)
		value |= 1;
	f->v = code_grow(&f->growing.seen, f->v, &f->cap, f->count + 1,
			 sizeof(*f->v));
	f->v[f->count++] =
		(struct seen){ at & (UINT64_MAX >> 8), (uint8_t)what, value };
}

/* How much a window of code looks like ARM [0] and like Thumb [1]. */
struct windows {
	const struct code_program *p;
	uint64_t address;
	uint16_t (*hits)[2];
	size_t count, mode;
};

static void count(void *ctx, enum code_seen what, uint64_t at, uint64_t value)
{
	struct windows *w = ctx;
	size_t i = (size_t)((at - w->address) / WINDOW);
	const struct code_range *r;

	/* Prologues look alike in both. */
	if (what != CODE_SEEN_CALL || i >= w->count ||
	    w->hits[i][w->mode] == UINT16_MAX)
		return;
	r = code_range_of(w->p, value & ~UINT64_C(1));
	if (r != NULL && r->exec)
		w->hits[i][w->mode]++;
}

/* Thumb, not, or BOTH, window by window: in which reading the code has more
 * calls that lead into it; the program's own mode where that is not clear.
 * Symbols and the entry point belong to start files, and a C library need not
 * be built as the program is.
 */
static void find_modes(struct code_program *p, const struct code_range *t,
		       uint8_t *thumb)
{
	struct windows w = { .p = p, .address = t->address };
	struct code_mode mode = p->mode;
	uint32_t all[2] = { 0, 0 };

	w.count = t->bytes.len / WINDOW + 1;
	w.hits = fw_alloc(p->arena, w.count, sizeof(*w.hits));
	for (w.mode = 0; w.mode < 2; w.mode++) {
		mode.thumb = w.mode == 1;
		p->arch->scan(t->bytes, t->address, mode, count, &w);
	}
	for (size_t i = 0; i < w.count; i++)
		for (size_t m = 0; m < 2; m++)
			all[m] += w.hits[i][m];
	if (t->bytes.len >= LARGEST_TEXT)
		p->mode.thumb = all[1] > all[0];
	bool most = all[1] > all[0];

	for (size_t i = 0; i < w.count; i++) {
		uint16_t same = w.hits[i][most], other = w.hits[i][!most];

		thumb[i] = other < 3 || other * 2 <= same ? most
			   : other > 2 * same		  ? !most
							  : BOTH;
	}
}

/* Scans a range, each run of windows in its own mode. */
static void scan_arm(struct code_program *p, const struct code_range *t,
		     struct finder *f)
{
	const uint8_t *thumb = f->modes[t - p->text];
	size_t n = t->bytes.len / WINDOW + 1;
	struct code_mode mode = p->mode;

	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && thumb[k] == thumb[i]; k++)
			;
		for (uint8_t m = 0; m < 2; m++) {
			if (thumb[i] != BOTH && thumb[i] != m)
				continue;
			/* Begins look alike in both, calls do not. */
			f->doubtful = thumb[i] == BOTH && m != p->mode.thumb;
			mode.thumb = m == 1;
			f->thumb = mode.thumb;
			p->arch->scan(fw_view_sub(t->bytes, i * WINDOW,
						  (k - i) * WINDOW),
				      t->address + i * WINDOW, mode, see, f);
		}
	}
}

/* Sorts, drops doubles, moves what is left to where it stays; sets the ends. */
static void settle(struct code_program *p)
{
	struct code_start *all = p->starts;

	join_doubles(p);
	p->starts = fw_alloc(p->arena, p->start_count, sizeof(*all));
	if (p->start_count > 0)
		memcpy(p->starts, all, p->start_count * sizeof(*all));
	p->start_cap = p->start_count;
	fw_arena_free(&p->growing->starts);
	for (size_t i = 0; i < p->start_count; i++) {
		const struct code_range *t = p->text;

		while (p->starts[i].address - t->address >= t->bytes.len)
			t++;
		p->starts[i].end = t->address + t->bytes.len;
		if (i + 1 < p->start_count &&
		    p->starts[i + 1].address < p->starts[i].end)
			p->starts[i].end = p->starts[i + 1].address;
	}
}

uint32_t code_start_of(const struct code_program *p, uint64_t address)
{
	size_t low = 0, high = p->start_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->starts[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && address < p->starts[low - 1].end ? (uint32_t)(low - 1)
							   : CODE_NO_FUNCTION;
}

uint32_t code_start_at(const struct code_program *p, uint64_t address)
{
	if (p->elf.h.e_machine == EM_ARM)
		address &= ~UINT64_C(1);
	uint32_t i = code_start_of(p, address);

	return i != CODE_NO_FUNCTION && p->starts[i].address == address
		       ? i
		       : CODE_NO_FUNCTION;
}

/* The address that a page of the GOT and an offset make; 0: none. */
static uint64_t page_address(const struct code_program *p, uint64_t value)
{
	uint64_t at =
		(p->gp + (uint64_t)(int64_t)(int32_t)(value >> 32)) & p->mask;
	const struct code_slot *s = code_slot_at(p, at);
	uint64_t page = s == NULL ? 0 : s->value;

	if (s == NULL && p->elf.dyn_count == 0)
		code_read(p, at, p->word, &page);
	if (page == 0)
		return 0;
	return (page + (uint64_t)(int64_t)(int32_t)value) & p->mask;
}

static void add_edge(struct code_program *p, uint64_t at, uint32_t to,
		     bool is_import)
{
	uint32_t from = code_start_of(p, at);

	if (from == CODE_NO_FUNCTION)
		return;
	if (p->edge_count == EDGES_MAX) {
		p->gave_up = "it has more calls than are looked at";
		return;
	}
	p->edges = code_grow(&p->growing->edges, p->edges, &p->edge_cap,
			     p->edge_count + 1, sizeof(*p->edges));
	p->edges[p->edge_count++] =
		(struct code_edge){ .at = at,
				    .from = from,
				    .to = to & INT32_MAX,
				    .is_import = is_import };
}

static void edge_to_slot(struct code_program *p, uint64_t at, uint64_t address)
{
	const struct code_slot *s = code_slot_at(p, address);
	uint64_t word;

	/* Slots of a static program are filled already. */
	if (s == NULL && p->elf.dyn_count == 0 &&
	    code_read(p, address, p->word, &word) &&
	    code_start_at(p, word) != CODE_NO_FUNCTION)
		add_edge(p, at, code_start_at(p, word), false);
	if (s == NULL)
		return;
	uint32_t f = s->import == CODE_NO_IMPORT ? code_start_at(p, s->value)
						 : CODE_NO_FUNCTION;

	if (s->import != CODE_NO_IMPORT)
		add_edge(p, at, s->import, true);
	else if (f != CODE_NO_FUNCTION)
		add_edge(p, at, f, false);
}

static void add_edges(struct code_program *p, const struct finder *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct seen *s = &f->v[i];
		uint32_t to = code_start_at(p, s->value), import;

		switch ((enum code_seen)s->what) {
		case CODE_SEEN_CALL:
		case CODE_SEEN_JUMP:
			if (s->what == CODE_SEEN_JUMP &&
			    to != CODE_NO_FUNCTION &&
			    to == code_start_of(p, s->at))
				break;
			import = to != CODE_NO_FUNCTION &&
						 p->starts[to].name.len > 0
					 ? CODE_NO_IMPORT
					 : code_stub(p, s->value, 0);
			if (import != CODE_NO_IMPORT)
				add_edge(p, s->at, import, true);
			else if (to == CODE_NO_FUNCTION)
				to = code_stub_function(p, s->value);
			if (import == CODE_NO_IMPORT && to != CODE_NO_FUNCTION)
				add_edge(p, s->at, to, false);
			break;
		case CODE_SEEN_SLOT:
			edge_to_slot(p, s->at, s->value);
			break;
		case CODE_SEEN_GP:
			edge_to_slot(p, s->at, (p->gp + s->value) & p->mask);
			break;
		case CODE_SEEN_PAGE:
			to = code_start_at(p, page_address(p, s->value));
			if (to != CODE_NO_FUNCTION)
				add_edge(p, s->at, to, false);
			break;
		default:
			break;
		}
	}
}

static int edge_order(const void *a, const void *b)
{
	const struct code_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static uint32_t use_of(const struct code_known *k)
{
	return k == NULL ? 0 : k->use;
}

/* What callees reach, one call further; mask: of this only. */
static void spread_once(struct code_program *p, uint32_t *next, uint32_t mask)
{
	for (size_t i = 0; i < p->start_count; i++)
		next[i] = p->starts[i].reach;
	for (size_t i = 0; i < p->edge_count; i++)
		if (!p->edges[i].is_import)
			next[p->edges[i].from] |=
				p->starts[p->edges[i].to].reach & mask;
	for (size_t i = 0; i < p->start_count; i++)
		p->starts[i].reach = next[i];
}

/* What each function calls, and what it reaches through its callees. */
void code_spread(struct code_program *p)
{
	if (p->edge_count > 1)
		qsort(p->edges, p->edge_count, sizeof(*p->edges), edge_order);

	uint32_t *next = fw_alloc(p->arena, p->start_count, sizeof(*next));

	for (size_t i = 0; i < p->edge_count; i++) {
		const struct code_edge *e = &p->edges[i];

		p->starts[e->from].uses |=
			use_of(e->is_import ? p->imports[e->to].known
					    : p->starts[e->to].known);
	}
	for (size_t i = 0; i < p->start_count; i++)
		p->starts[i].reach = p->starts[i].uses;
	for (int depth = 1; depth < CODE_DEPTH; depth++)
		spread_once(p, next, UINT32_MAX);
	/* fopen() opens a file some calls further down. */
	for (int depth = 0; depth < FOPEN_DEPTH && p->import_count < 2; depth++)
		spread_once(p, next, CODE_FILE);
}

static int address_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What is called and is no linkage stub begins a function. */
static void add_called(struct code_program *p, struct finder *f)
{
	struct fw_arena temporary = { .on_full = p->arena->on_full,
				      .ctx = p->arena->ctx };
	uint64_t *to = fw_alloc(&temporary, f->count, sizeof(*to));
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		if (f->v[i].what == CODE_SEEN_CALL)
			to[n++] = f->v[i].value;
		else if (f->v[i].what == CODE_SEEN_PAGE)
			to[n++] = page_address(p, f->v[i].value);
	if (n > 1)
		qsort(to, n, sizeof(*to), address_order);
	for (size_t i = 0; i < n; i++)
		if ((i == 0 || to[i] != to[i - 1]) && !is_inside(f, to[i]) &&
		    code_stub(p, to[i], 0) == CODE_NO_IMPORT)
			add(p, to[i], (struct fw_view){ NULL, 0 }, false,
			    false);
	fw_arena_free(&temporary);
}

/* Moves edges to where they stay. */
static void keep_edges(struct code_program *p)
{
	struct code_edge *all = p->edges;

	p->edges = fw_alloc(p->arena, p->edge_count, sizeof(*all));
	if (p->edge_count > 0)
		memcpy(p->edges, all, p->edge_count * sizeof(*all));
	p->edge_cap = p->edge_count;
	fw_arena_free(&p->growing->edges);
}

/* The lists of a large program alone may take all that there is: it gets room
 * for its functions by its size, which a scan has memory for anyway. */
static void make_room(struct code_program *p)
{
	size_t room = p->elf.bytes.len / 4;

	room = p->arena->used + (room < ROOM_MAX ? room : ROOM_MAX);
	if (p->memory_max < room)
		p->memory_max = room;
}

void code_find_starts(struct code_program *p)
{
	struct finder f = { .p = p,
			    .growing = growing_of(p),
			    .arena = { .on_full = p->arena->on_full,
				       .ctx = p->arena->ctx } };

	p->growing = &f.growing;
	if (p->elf.h.e_machine == EM_ARM) {
		f.modes = fw_alloc(&f.arena, p->text_count, sizeof(*f.modes));
		for (size_t i = 0; i < p->text_count; i++) {
			f.modes[i] = fw_alloc(
				&f.arena, p->text[i].bytes.len / WINDOW + 1, 1);
			find_modes(p, &p->text[i], f.modes[i]);
		}
	}
	add_symbols(p, &p->elf.dynsym, true);
	add_symbols(p, &p->elf.symtab, false);
	add_arrays(p);
	f.take_starts = add_frames(&f) + add_exidx(&f) < ENOUGH_FRAMES &&
			p->elf.symtab.count < ENOUGH_FRAMES;
	add_data_pointers(p);
	for (size_t i = 0; i < p->text_count; i++) {
		if (f.modes != NULL)
			scan_arm(p, &p->text[i], &f);
		else
			p->arch->scan(p->text[i].bytes, p->text[i].address,
				      p->mode, see, &f);
	}
	add_called(p, &f);
	settle(p);
	add_edges(p, &f);
	fw_arena_free(&f.growing.seen);
	fw_arena_free(&f.arena);
	keep_edges(p);
	p->growing = NULL;
	code_spread(p);
	make_room(p);
}

void code_add_edge(struct code_program *p, uint32_t from, uint32_t to)
{
	if (p->edge_count == EDGES_MAX)
		return;
	p->edges = fw_grow(p->arena, p->edges, &p->edge_cap, p->edge_count + 1,
			   sizeof(*p->edges));
	p->edges[p->edge_count++] =
		(struct code_edge){ .at = p->starts[from].address,
				    .from = from,
				    .to = to & INT32_MAX };
}

void code_add_starts(struct code_program *p, const uint64_t *addresses,
		     size_t n)
{
	struct code_growing growing = growing_of(p);
	uint64_t *to = fw_alloc(&growing.seen, p->edge_count, sizeof(*to));

	p->growing = &growing;
	for (size_t i = 0; i < p->edge_count; i++)
		if (!p->edges[i].is_import)
			to[i] = p->starts[p->edges[i].to].address;
	for (size_t i = 0; i < n; i++)
		add(p, addresses[i], (struct fw_view){ NULL, 0 }, false, false);
	for (size_t i = 0; i < p->start_count; i++)
		p->starts[i].analysed = NULL;
	settle(p);
	for (size_t i = 0; i < p->edge_count; i++) {
		p->edges[i].from = code_start_of(p, p->edges[i].at);
		if (!p->edges[i].is_import)
			p->edges[i].to = code_start_at(p, to[i]) & INT32_MAX;
	}
	fw_arena_free(&growing.seen);
	p->growing = NULL;
	if (p->edge_count > 1)
		qsort(p->edges, p->edge_count, sizeof(*p->edges), edge_order);
}
