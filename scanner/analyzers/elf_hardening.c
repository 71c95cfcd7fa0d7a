/* elf_hardening.c - placeholder until the ELF analyzers land */
#include "core/analyzer.h"

static bool never(const struct fw_object *obj)
{
	(void)obj;
	return false;
}

const struct fw_analyzer fw_analyzer_elf_hardening = {
	.name = "elf_hardening",
	.title = "hardening of ELF programs",
	.wants = never,
};
