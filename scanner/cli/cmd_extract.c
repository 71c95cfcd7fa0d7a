/* cmd_extract.c - assay extract */
#include <stdio.h>

#include "cli/cli.h"

int fw_cmd_extract(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fprintf(stderr, "assay: extract is not there yet\n");
	return FW_EXIT_ERROR;
}
