/* rulesdump.c - rules in this process, for development and for the tests
 *
 * usage: rulesdump check|test|bench DIR	as "assay rules"
 *        rulesdump scan DIR FILE...	one line a match
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd_rules.h"
#include "core/memory.h"
#include "rules/ruleset.h"

static void scan(struct fw_ruleset *rs, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	if (p == MAP_FAILED)
		return;
	struct fw_meta meta = FW_META(.name = path);

	meta.mode = st.st_mode & 07777;
	meta.uid = st.st_uid;
	struct fw_object obj = { .bytes = fw_view_of(p, (size_t)st.st_size),
				 .path = path,
				 .meta = &meta };
	struct fw_mem m = { 0 };
	struct fw_out *out = fw_mem_out(&m, obj.bytes);
	unsigned targets = fw_rule_targets_of(&obj);

	if (!fw_ruleset_scan(rs, &obj, targets, NULL, false, out) ||
	    !fw_ruleset_scan(rs, &obj, targets, NULL, true, out))
		fprintf(stderr, "%s: not scanned to the end\n", path);
	for (size_t i = 0; i < m.finding_count; i++)
		printf("%s %s %s 0x%" PRIx64 " %s\n",
		       fw_severity_name(m.findings[i].severity),
		       m.findings[i].kind->id, path, m.findings[i].at,
		       fw_escape(&m.arena, fw_view_str(m.findings[i].detail)));
	fw_mem_free(&m);
	munmap(p, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	struct fw_rule_errors errs = { 0 };

	if (argc < 4 || strcmp(argv[1], "scan") != 0)
		return fw_cmd_rules(argc, argv);
	fw_hash_init();
	struct fw_ruleset *rs =
		fw_ruleset_load((const char *const *)argv + 2, 1, NULL, &errs);

	for (size_t i = 0; i < errs.count; i++)
		fprintf(stderr, "%s:%d: %s\n", errs.items[i].file,
			errs.items[i].line, errs.items[i].text);
	fw_rule_errors_free(&errs);
	for (int i = 3; rs != NULL && i < argc; i++)
		scan(rs, argv[i]);
	fw_ruleset_free(rs);
	return rs == NULL;
}
