/* formats.c - the registry of formats, made from formats.def */
#include "formats/formats.h"

#define FW_FORMAT_1(name)	      extern const struct fw_format fw_format_##name;
#define FW_FORMAT_2(name, stem)	      FW_FORMAT_1(name)
#define FW_PICK(a, b, macro, ...)     macro
#define FW_FORMAT(...)                                                         \
	FW_PICK(__VA_ARGS__, FW_FORMAT_2, FW_FORMAT_1, )(__VA_ARGS__)
#define FW_SOURCE(stem)
#include "formats/formats.def"
#undef FW_FORMAT_1
#define FW_FORMAT_1(name) &fw_format_##name,

const struct fw_format *const fw_formats[] = {
#include "formats/formats.def"
};
const size_t fw_format_count = sizeof(fw_formats) / sizeof(fw_formats[0]);

const struct fw_format *fw_format_named(const char *name)
{
	for (size_t i = 0; i < fw_format_count; i++)
		if (strcmp(fw_formats[i]->name, name) == 0)
			return fw_formats[i];
	return NULL;
}
