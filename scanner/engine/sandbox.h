/* sandbox.h - what a job may still do once it reads the image: nothing else */
#ifndef FW_ENGINE_SANDBOX_H
#define FW_ENGINE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct fw_sandbox_limits {
	uint64_t memory_bytes; /* on top of what the process has mapped now */
	uint64_t file_bytes;   /* written to its output */
	uint32_t cpu_s;
};

/* Builds the system call filter once, before any fork. False: this kernel or
 * library has none. */
bool fw_sandbox_prepare(void);

/* Whether the kernel offers Landlock. */
bool fw_sandbox_landlock(void);

/* In the child: closes every descriptor but keep[0..n), then limits, no new
 * privileges, Landlock without any right, the filter. On failure it does not
 * return: a job without its sandbox must not read a byte. */
void fw_sandbox_enter(const struct fw_sandbox_limits *l, const int *keep,
		      unsigned n);

/* The limits alone, for --no-sandbox. */
void fw_sandbox_limits_only(const struct fw_sandbox_limits *l);

#endif
