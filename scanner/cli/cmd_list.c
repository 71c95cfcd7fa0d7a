/* cmd_list.c - assay list formats|analyzers|kinds */
#include <stdio.h>
#include <string.h>

#include "analyzers/analyzers.h"
#include "cli/cli.h"
#include "cli/setup.h"
#include "core/kinds.h"
#include "formats/formats.h"

static const char usage[] =
	"usage: assay list formats|analyzers|kinds [--markdown]\n"
	"Lists what assay can open, what it looks at, or what it can find.\n"
	"\nExample: assay list formats\n";

static void row(bool markdown, const char *a, const char *b, const char *c)
{
	if (markdown)
		printf("| %s | %s | %s |\n", a, b, c);
	else
		printf("%-30s %s%s%s\n", a, b, *c ? "; " : "", c);
}

static void head(bool markdown, const char *a, const char *b, const char *c)
{
	if (markdown)
		printf("| %s | %s | %s |\n|---|---|---|\n", a, b, c);
}

static void list_formats(bool markdown)
{
	head(markdown, "format", "what it is", "not supported");
	for (size_t i = 0; i < fw_format_count; i++)
		row(markdown, fw_formats[i]->name, fw_formats[i]->title,
		    fw_formats[i]->gaps ? fw_formats[i]->gaps : "");
}

static void list_analyzers(bool markdown)
{
	head(markdown, "analyzer", "what it looks at", "");
	for (size_t i = 0; i < fw_analyzer_count; i++)
		row(markdown, fw_analyzers[i]->name, fw_analyzers[i]->title,
		    "");
}

static bool list_kinds(bool markdown)
{
	struct fw_matcher m;

	if (!fw_setup_rules(true, NULL, 0, &m))
		return false;
	head(markdown, "kind", "what it says", "severity");
	for (uint32_t i = 0; i < fw_kind_count(); i++)
		row(markdown, fw_kind_at(i)->id, fw_kind_at(i)->title,
		    fw_severity_name(fw_kind_at(i)->severity));
	fw_setup_free(&m);
	return true;
}

int fw_cmd_list(int argc, char **argv)
{
	bool markdown = argc > 2 && !strcmp(argv[2], "--markdown");

	if (argc > 1 && !strcmp(argv[1], "formats"))
		list_formats(markdown);
	else if (argc > 1 && !strcmp(argv[1], "analyzers"))
		list_analyzers(markdown);
	else if (argc > 1 && !strcmp(argv[1], "kinds"))
		return list_kinds(markdown) ? FW_EXIT_OK : FW_EXIT_ERROR;
	else {
		bool help = argc > 1 && !strcmp(argv[1], "--help");

		fputs(usage, help ? stdout : stderr);
		return help ? FW_EXIT_OK : FW_EXIT_ERROR;
	}
	return FW_EXIT_OK;
}
