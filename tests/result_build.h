/* result_build.h - a finished scan made by hand, hostile names and all */
#ifndef FW_TESTS_RESULT_BUILD_H
#define FW_TESTS_RESULT_BUILD_H

#include "core/format.h"
#include "core/result.h"

static const struct fw_format built_trx = {
	.name = "trx",
	.title = "Broadcom TRX firmware image",
	.class = FW_BOOT,
};

static const struct fw_format built_fs = {
	.name = "squashfs",
	.title = "SquashFS file system",
	.class = FW_FILESYSTEM,
};

static const struct fw_kind built_shell = {
	.id = "hidden/shell-on-port",
	.title = "a shell without a login listens on the network",
	.explanation = "Whoever can reach the device over the network can run "
		       "any command on it and needs no password for that.",
	.ask_vendor = "Who uses this shell, and which version of the firmware "
		      "comes without it?",
	.false_alarm = "A test program that nothing starts.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 912, 306 },
	.references = { "https://cwe.mitre.org/data/definitions/912.html" },
};

static const struct fw_kind built_account = {
	.id = "access/shared-password",
	.title = "every unit has the same password",
	.explanation = "Who learns the password of one unit has that of all.",
	.ask_vendor = "Can the password be set for each unit at first use?",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 798 },
};

static const struct fw_kind built_weak = {
	.id = "weakness/no-canary",
	.title = "programs without stack protection",
	.severity = FW_LOW,
	.confidence = FW_SURE,
};

static const struct fw_meta built_metas[] = {
	{ .name = "router.bin", .mode = FW_NO_MODE, .uid = FW_NO_MODE,
	  .gid = FW_NO_MODE },
	{ .name = "@0x0.trx", .type = FW_REGION, .mode = FW_NO_MODE,
	  .uid = FW_NO_MODE, .gid = FW_NO_MODE },
	{ .name = "part0", .type = FW_REGION, .mode = FW_NO_MODE,
	  .uid = FW_NO_MODE, .gid = FW_NO_MODE },
	{ .name = "etc", .type = FW_DIR, .mode = 0755 },
	{ .name = "shadow", .mode = 0600, .mtime = 1700000000 },
	{ .name = "sh\033[31m\nx", .mode = 04755, .uid = 0, .gid = 7 },
	{ .name = "link", .link = "../../etc\n/passwd", .type = FW_LINK,
	  .mode = 0777 },
	{ .name = "null", .type = FW_CHARDEV, .mode = 0666, .rdev_major = 1,
	  .rdev_minor = 3 },
	{ .name = "@0x9000.gap", .type = FW_GAP, .mode = FW_NO_MODE,
	  .uid = FW_NO_MODE, .gid = FW_NO_MODE },
};

static const struct fw_fact built_root_facts[] = {
	{ "hardening.canary", "3 of 12" },
	{ "hardening.programs", "12" },
};

static const struct fw_fact built_file_facts[] = {
	{ "elf.machine", "mips" },
	{ "elf.needed", "libc.so.0" },
	{ "elf.needed", "lib\033evil.so" },
};

static const struct fw_fact built_gap_facts[] = {
	{ "content.guess", "encrypted" },
	{ "content.entropy", "8.00" },
};

#define BUILT_IN(p, d) .parent = (p), .depth = (d), .fd = -1
static const struct fw_node built_nodes[] = {
	{ BUILT_IN(FW_NO_NODE, 0), .child_count = 2, .path = "router.bin",
	  .name = "router.bin", .meta = &built_metas[0], .size = 0xa000,
	  .offset = UINT64_MAX, .hashed = true, .sha256 = { 0xab, 0xcd },
	  .state = FW_STATE_DONE, .facts = built_root_facts, .fact_count = 2 },
	{ BUILT_IN(0, 1), .child_count = 1, .path = "router.bin/@0x0.trx",
	  .name = "@0x0.trx", .meta = &built_metas[1], .format = &built_trx,
	  .size = 0x9000, .offset = 0, .hashed = true,
	  .state = FW_STATE_DONE },
	{ BUILT_IN(1, 2), .child_count = 1,
	  .path = "router.bin/@0x0.trx/part0", .name = "part0",
	  .meta = &built_metas[2], .format = &built_fs, .size = 0x8f00,
	  .offset = 0x1c, .hashed = true, .state = FW_STATE_TRUNCATED,
	  .note = "squashfs+0x60: inode table = 7 (truncated)" },
	{ BUILT_IN(2, 3), .child_count = 4,
	  .path = "router.bin/@0x0.trx/part0/etc", .name = "etc",
	  .meta = &built_metas[3], .offset = UINT64_MAX,
	  .state = FW_STATE_DONE },
	{ BUILT_IN(3, 4), .path = "router.bin/@0x0.trx/part0/etc/shadow",
	  .name = "shadow", .meta = &built_metas[4], .size = 20,
	  .offset = UINT64_MAX, .hashed = true, .state = FW_STATE_DONE },
	{ BUILT_IN(3, 4),
	  .path = "router.bin/@0x0.trx/part0/etc/sh\\x1b[31m\\nx",
	  .name = "sh\\x1b[31m\\nx", .meta = &built_metas[5], .size = 9000,
	  .offset = UINT64_MAX, .hashed = true, .state = FW_STATE_DONE,
	  .facts = built_file_facts, .fact_count = 3 },
	{ BUILT_IN(3, 4), .path = "router.bin/@0x0.trx/part0/etc/link",
	  .name = "link", .meta = &built_metas[6], .offset = UINT64_MAX,
	  .state = FW_STATE_DONE },
	{ BUILT_IN(3, 4), .path = "router.bin/@0x0.trx/part0/etc/null",
	  .name = "null", .meta = &built_metas[7], .offset = UINT64_MAX,
	  .state = FW_STATE_DONE },
	{ BUILT_IN(0, 1), .path = "router.bin/@0x9000.gap",
	  .name = "@0x9000.gap", .meta = &built_metas[8], .size = 0x1000,
	  .offset = 0x9000, .hashed = true, .state = FW_STATE_DONE,
	  .facts = built_gap_facts, .fact_count = 2 },
};

static const struct fw_evidence built_shell_proof[] = {
	{ .offset = 0x1a40, .address = 0x401a40, .symbol = "serve\033",
	  .text = "/bin/sh\r\n" },
	{ .offset = 0x1b00, .text = "port 5003" },
};

static const struct fw_evidence built_account_proof[] = {
	{ .offset = 5, .line = 1, .text = "root:$1$abc\\d:0:0" },
};

static const struct fw_finding built_findings[] = {
	{ { &built_shell, FW_CRITICAL, FW_SURE,
	    "eight bytes turn the connection into a shell", "hidden/shell", NULL,
	    built_shell_proof, 2 },
	  5, "0123456789abcdef0123456789abcdef" },
	{ { &built_account, FW_HIGH, FW_LIKELY, "account root", NULL, NULL,
	    built_account_proof, 1 },
	  4, "00000000000000000000000000000001" },
	{ { &built_weak, FW_LOW, FW_SURE, "9 of 12 programs", NULL, NULL, NULL,
	    0 },
	  0, "00000000000000000000000000000002" },
};

static const struct fw_image built_images[] = {
	{ .node = 0, .verdict = FW_FAIL, .objects = 9, .files = 2,
	  .findings = { [FW_LOW] = 1, [FW_HIGH] = 1, [FW_CRITICAL] = 1 },
	  .coverage = { 0xa000, 0x8000, 0x1000, 0x1000 } },
};

static const uint32_t built_component_nodes[] = { 5 };
static const char *const built_component_why[] = { "BusyBox v1.19.4" };
static const struct fw_component built_components[] = {
	{ .name = "busybox", .version = "1.19.4", .type = "application",
	  .license = "GPL-2.0-only", .nodes = built_component_nodes,
	  .node_count = 1, .evidence = built_component_why,
	  .evidence_count = 1, .confidence = FW_SURE },
};

static const struct fw_limit_hit built_limits[] = {
	{ "--max-depth", "what lies deeper was not opened", 3 },
};

static const struct fw_result built_result = {
	.nodes = built_nodes, .node_count = 9, .findings = built_findings,
	.finding_count = 3, .images = built_images, .image_count = 1,
	.components = built_components, .component_count = 1,
	.limits = built_limits, .limit_count = 1, .verdict = FW_FAIL,
	.incomplete = true, .fail_on = FW_HIGH,
	.run = { .started = 1700000000, .seconds = 0.5,
		 .peak_rss_bytes = 40 << 20, .jobs = 2, .seccomp = true,
		 .landlock = true },
	.rules = { .count = 77, .sha256 = { 1, 2, 3 } },
};

#endif
