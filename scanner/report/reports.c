/* reports.c - the registry of report writers, made from reports.def */
#include "report/report.h"

#define FW_SOURCE(stem)
#define FW_REPORT(name) extern const struct fw_report_writer fw_report_##name;
#include "report/reports.def"
#undef FW_REPORT
#define FW_REPORT(name) &fw_report_##name,

const struct fw_report_writer *const fw_report_writers[] = {
#include "report/reports.def"
};
const size_t fw_report_writer_count =
	sizeof(fw_report_writers) / sizeof(fw_report_writers[0]);

const struct fw_report_writer *fw_report_named(const char *name)
{
	for (size_t i = 0; i < fw_report_writer_count; i++)
		if (strcmp(fw_report_writers[i]->name, name) == 0)
			return fw_report_writers[i];
	return NULL;
}
