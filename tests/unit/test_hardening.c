/* test_hardening.c - the hardening table, by hand and of a real device */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_build.h"

extern const struct fw_format fw_format_squashfs;
extern const struct fw_analyzer fw_analyzer_elf_facts, fw_analyzer_hardening;

enum { PLACES = 1024 };

static const char *fact(const struct fw_mem *m, const char *key)
{
	const char *v = fw_mem_fact(m, key);

	return v == NULL ? "" : v;
}

static const struct fw_mem_finding *found(const struct fw_mem *m,
					  const char *id)
{
	for (size_t i = 0; i < m->finding_count; i++)
		if (strcmp(m->findings[i].kind->id, id) == 0)
			return &m->findings[i];
	return NULL;
}

static void correlate(struct fw_mem *m, const struct fw_place *places,
		      uint32_t n)
{
	struct fw_tree tree = { .places = places, .count = n };

	*m = (struct fw_mem){ 0 };
	fw_analyzer_hardening.correlate(&tree, fw_mem_out(m, FW_STR("")));
}

static const struct fw_fact weak[] = {
	{ "elf.type", "exec" },	    { "elf.stripped", "yes" },
	{ "harden.nx", "no" },	    { "harden.relro", "none" },
	{ "harden.canary", "no" },  { "harden.pie", "no" },
	{ "harden.fortify", "no" }, { "harden.rwx", "yes" },
};
static const struct fw_fact strong[] = {
	{ "elf.type", "dyn" },	     { "elf.stripped", "no" },
	{ "harden.nx", "yes" },	     { "harden.relro", "full" },
	{ "harden.canary", "yes" },  { "harden.pie", "yes" },
	{ "harden.fortify", "yes" },
};
static const struct fw_fact module[] = { { "elf.type", "rel" } };

#define PLACE(up, c, list)                                                     \
	{                                                                      \
		.path = "image/p", .parent = (up), .content = (c),             \
		.facts = (list),                                               \
		.fact_count = sizeof(list) / sizeof((list)[0])                 \
	}

static void one_finding_a_weakness(void **state)
{
	const struct fw_place places[] = {
		{ .path = "one", .parent = UINT32_MAX, .content = 0 },
		PLACE(0, 1, weak),
		PLACE(0, 2, weak),
		PLACE(0, 3, strong),
		PLACE(0, 3, strong),
		PLACE(0, 2, weak),
		PLACE(0, 4, module),
		{ .path = "two", .parent = UINT32_MAX, .content = 0 },
		PLACE(7, 1, weak),
		PLACE(7, 2, weak),
	};
	struct fw_mem m;

	(void)state;
	correlate(&m, places, 10);
	assert_string_equal(fact(&m, "hardening.programs"), "3");
	assert_string_equal(fact(&m, "hardening.nx.missing"), "2");
	assert_string_equal(fact(&m, "hardening.relro"), "1");
	assert_string_equal(fact(&m, "hardening.stripped"), "2");
	/* The second image has too few programs to judge. */
	assert_int_equal(m.finding_count, 6);
	for (size_t i = 0; i < m.finding_count; i++)
		assert_int_equal(m.findings[i].place, 0);
	assert_string_equal(found(&m, "weakness/no-pie")->detail,
			    "2 of 3 programs are not position-independent");
	fw_mem_free(&m);
}

static void a_fifth_is_not_notable(void **state)
{
	const struct fw_place places[] = {
		{ .path = "one", .parent = UINT32_MAX, .content = 0 },
		PLACE(0, 1, weak),
		PLACE(0, 2, strong),
		PLACE(0, 3, strong),
		PLACE(0, 4, strong),
		PLACE(0, 5, strong),
	};
	struct fw_mem m;

	(void)state;
	correlate(&m, places, 6);
	assert_int_equal(m.finding_count, 0);
	fw_mem_free(&m);
	correlate(&m, places, 5);
	assert_int_equal(m.finding_count, 6);
	fw_mem_free(&m);
}

/* The facts of one child; its content is the first that has the same bytes. */
static void add_place(struct fw_place *places, struct fw_mem *all,
		      const struct fw_mem *fs, size_t i)
{
	const struct fw_mem_child *c = &fs->children[i];
	struct fw_object obj = { .bytes = c->bytes };
	struct fw_mem m = { 0 };
	uint32_t same = 0;

	places[i + 1] = (struct fw_place){ .path = c->meta.name,
					   .content = UINT32_MAX };
	if (c->bytes.data == NULL || !fw_analyzer_elf_facts.wants(&obj))
		return;
	while (!fw_view_eq(fs->children[same].bytes, c->bytes))
		same++;
	fw_analyzer_elf_facts.inspect(&obj, fw_mem_out(&m, c->bytes));
	struct fw_fact *facts =
		fw_alloc(&all->arena, m.fact_count, sizeof(*facts));

	for (size_t k = 0; k < m.fact_count; k++)
		facts[k] = (struct fw_fact){
			fw_sprintf(&all->arena, "%s", m.facts[k].key),
			fw_sprintf(&all->arena, "%s", m.facts[k].value)
		};
	places[i + 1].content = same;
	places[i + 1].facts = facts;
	places[i + 1].fact_count = m.fact_count;
	fw_mem_free(&m);
}

static struct fw_view reference(void)
{
	const char *shared = getenv("ASSAY_SHARED");
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/corpus/vendor/tplink-wa701nv2.bin",
		 shared != NULL ? shared : ASSAY_SOURCE_DIR "/../shared");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		return (struct fw_view){ NULL, 0 };
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	return p == MAP_FAILED ? (struct fw_view){ NULL, 0 }
			       : fw_view_of(p, (size_t)st.st_size);
}

static void a_real_device(void **state)
{
	static struct fw_place places[PLACES];
	struct fw_mem fs = { 0 }, all = { 0 }, m;
	struct fw_view root = fw_view_sub(reference(), 1180160, SIZE_MAX);

	(void)state;
	if (root.len == 0)
		skip(); /* the image is not at hand */
	struct fw_cursor c = fw_cursor_of(root);

	root.len = fw_format_squashfs.probe(&c);
	assert_int_equal(fw_mem_unpack(&fs, &fw_format_squashfs, root).code,
			 FW_OK);
	assert_in_range(fs.child_count, 500, PLACES - 1);
	places[0] = (struct fw_place){ .path = "image",
				       .parent = UINT32_MAX,
				       .content = UINT32_MAX };
	for (size_t i = 0; i < fs.child_count; i++)
		add_place(places, &all, &fs, i);
	correlate(&m, places, (uint32_t)fs.child_count + 1);
	for (size_t i = 0; i < m.fact_count; i++)
		print_message("%s=%s\n", m.facts[i].key, m.facts[i].value);
	assert_string_equal(fact(&m, "hardening.programs"), "84");
	assert_string_equal(fact(&m, "hardening.stack.executable"), "77");
	assert_string_equal(fact(&m, "hardening.stack.unset"), "7");
	assert_string_equal(fact(&m, "hardening.relro"), "4");
	assert_string_equal(fact(&m, "hardening.canary"), "0");
	assert_string_equal(fact(&m, "hardening.pie"), "0");
	assert_string_equal(fact(&m, "hardening.stripped"), "39");
	assert_non_null(found(&m, "weakness/no-nx"));
	fw_mem_free(&m);
	fw_mem_free(&fs);
	fw_mem_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_finding_a_weakness),
		cmocka_unit_test(a_fifth_is_not_notable),
		cmocka_unit_test(a_real_device),
	};

	fw_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
