/* cmd_explain.c - assay explain KIND */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/setup.h"
#include "core/kinds.h"

static const char usage[] =
	"usage: assay explain KIND...\n"
	"Says what a finding kind means, why it matters, what to ask the vendor\n"
	"and what would make it a false alarm. assay list kinds names them all.\n"
	"\nExample: assay explain scanner/damaged-object\n";

static void print_kind(const struct fw_kind *k)
{
	printf("%s\n%s\n\nSeverity %s, confidence %s", k->id, k->title,
	       fw_severity_name(k->severity), fw_confidence_name(k->confidence));
	for (size_t i = 0; i < 4 && k->cwe[i] != 0; i++)
		printf(", CWE-%u", k->cwe[i]);
	printf("\n\nWhy it matters: %s\n", k->explanation ? k->explanation : "-");
	printf("\nAsk the vendor: %s\n", k->ask_vendor ? k->ask_vendor : "-");
	printf("\nA false alarm if: %s\n", k->false_alarm ? k->false_alarm : "-");
	for (size_t i = 0; i < 4 && k->references[i] != NULL; i++)
		printf("\nSee: %s\n", k->references[i]);
}

static int unknown(const char *id)
{
	fprintf(stderr, "assay: no finding kind is called %s\n", id);
	for (uint32_t i = 0; i < fw_kind_count(); i++)
		if (strstr(fw_kind_at(i)->id, id) != NULL)
			fprintf(stderr, "  did you mean %s?\n",
				fw_kind_at(i)->id);
	return FW_EXIT_ERROR;
}

int fw_cmd_explain(int argc, char **argv)
{
	struct fw_matcher m;
	int status = FW_EXIT_OK;

	if (argc < 2 || !strcmp(argv[1], "--help")) {
		fputs(usage, argc < 2 ? stderr : stdout);
		return argc < 2 ? FW_EXIT_ERROR : FW_EXIT_OK;
	}
	if (!fw_setup_rules(true, NULL, 0, &m))
		return FW_EXIT_ERROR;
	for (int i = 1; i < argc; i++) {
		const struct fw_kind *k = fw_kind_named(argv[i]);

		if (k == NULL)
			status = unknown(argv[i]);
		else
			print_kind(k);
	}
	fw_setup_free(&m);
	return status;
}
