/* analyzers.c - the registry of analyzers, made from analyzers.def */
#include "analyzers/analyzers.h"

#define FW_ANALYZER_1(name)	      extern const struct fw_analyzer fw_analyzer_##name;
#define FW_ANALYZER_2(name, stem)	      FW_ANALYZER_1(name)
#define FW_PICK(a, b, macro, ...)     macro
#define FW_ANALYZER(...)                                                         \
	FW_PICK(__VA_ARGS__, FW_ANALYZER_2, FW_ANALYZER_1, )(__VA_ARGS__)
#define FW_SOURCE(stem)
#include "analyzers/analyzers.def"
#undef FW_ANALYZER_1
#define FW_ANALYZER_1(name) &fw_analyzer_##name,

const struct fw_analyzer *const fw_analyzers[] = {
#include "analyzers/analyzers.def"
};
const size_t fw_analyzer_count = sizeof(fw_analyzers) / sizeof(fw_analyzers[0]);

const struct fw_analyzer *fw_analyzer_named(const char *name)
{
	for (size_t i = 0; i < fw_analyzer_count; i++)
		if (strcmp(fw_analyzers[i]->name, name) == 0)
			return fw_analyzers[i];
	return NULL;
}
