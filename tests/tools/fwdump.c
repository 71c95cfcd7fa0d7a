/* fwdump.c - runs one format over a file in this process, for development
 *
 * usage: fwdump FORMAT FILE [OFFSET [LENGTH]]
 * Prints the probe's extent, facts, findings, errors and the children in the
 * form of a listing: type mode path sha256=... | -> target.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "core/text.h"
#include "formats/formats.h"

static void print_child(struct fw_mem *m, const struct fw_mem_child *c)
{
	static const char letters[] = "fdlhcbpsrg";
	uint32_t mode = c->meta.mode == FW_NO_MODE ? 0 : c->meta.mode;
	uint8_t sum[FW_SHA256_SIZE];
	char hex[2 * FW_SHA256_SIZE + 1], err[256];

	printf("%c %o %s", letters[c->meta.type], mode,
	       fw_escape(&m->arena, fw_view_str(c->meta.name)));
	if (c->meta.link != NULL)
		printf(" -> %s",
		       fw_escape(&m->arena, fw_view_str(c->meta.link)));
	if (c->bytes.data != NULL) {
		fw_sha256(c->bytes, sum);
		fw_hex(sum, sizeof(sum), hex);
		printf(" sha256=%s", hex);
	}
	if (c->err.code != FW_OK) {
		fw_err_text(&c->err, err, sizeof(err));
		printf(" !%s", err);
	}
	putchar('\n');
}

static struct fw_view map_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		perror(path);
		exit(2);
	}
	if (st.st_size == 0)
		return fw_view_of("", 0);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	return fw_view_of(p, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	const struct fw_format *f =
		argc < 3 ? NULL : fw_format_named(argv[1]);
	struct fw_mem m = { 0 };
	char err[256];

	if (f == NULL) {
		fprintf(stderr, "usage: fwdump FORMAT FILE [OFFSET [LENGTH]]\n");
		return 2;
	}
	setlocale(LC_CTYPE, "C.UTF-8"); /* names in archives, as in a scan */
	fw_hash_init();
	struct fw_view v = map_file(argv[2]);

	v = fw_view_sub(v, argc > 3 ? strtoull(argv[3], NULL, 0) : 0,
			argc > 4 ? strtoull(argv[4], NULL, 0) : SIZE_MAX);
	struct fw_cursor c = fw_cursor_of(v);
	uint64_t extent = f->probe(&c);

	fw_err_text(&c.err, err, sizeof(err));
	fprintf(stderr, "probe: %" PRIu64 " of %zu %s\n", extent, v.len,
		fw_ok(&c) ? "" : err);
	if (fw_ok(&c) && extent > 0 && extent <= v.len)
		v.len = extent;
	struct fw_err e = fw_mem_unpack(&m, f, v);

	if (e.code != FW_OK) {
		fw_err_text(&e, err, sizeof(err));
		fprintf(stderr, "unpack: %s\n", err);
	}
	for (size_t i = 0; i < m.fact_count; i++)
		fprintf(stderr, "fact: %s=%s\n", m.facts[i].key,
			fw_escape(&m.arena, fw_view_str(m.facts[i].value)));
	for (size_t i = 0; i < m.finding_count; i++)
		fprintf(stderr, "finding: %s at 0x%" PRIx64 ": %s\n",
			m.findings[i].kind->id, m.findings[i].at,
			fw_escape(&m.arena, fw_view_str(m.findings[i].detail)));
	for (size_t i = 0; i < m.child_count; i++)
		print_child(&m, &m.children[i]);
	fw_mem_free(&m);
	return 0;
}
