/* resultdump.c - a hand-made result through one report writer
 *
 * usage: resultdump WRITER [verbose] [reproducible] [color]
 */
#include <stdio.h>

#include "report/report.h"
#include "result_build.h"

int main(int argc, char **argv)
{
	struct fw_report_options opt = { 0 };
	const struct fw_report_writer *w;

	if (argc < 2 || (w = fw_report_named(argv[1])) == NULL)
		return 2;
	for (int i = 2; i < argc; i++) {
		opt.verbose |= strcmp(argv[i], "verbose") == 0;
		opt.reproducible |= strcmp(argv[i], "reproducible") == 0;
		opt.color |= strcmp(argv[i], "color") == 0;
	}
	return w->write(&built_result, &opt, stdout) ? 0 : 2;
}
