/* example.c - a program that uses assay as a library: one line a finding */
#include <assay.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct assay_scan *s = assay_open();

	if (s == NULL || argc != 2 || !assay_add_image(s, argv[1])) {
		fprintf(stderr, "usage: example IMAGE\n");
		return 2;
	}
	if (assay_run(s) != 0) {
		fprintf(stderr, "example: %s\n", assay_error(s));
		assay_close(s);
		return 2;
	}
	printf("%zu objects\n", assay_object_count(s));
	for (size_t i = 0; i < assay_finding_count(s); i++)
		printf("%s %s\n", assay_finding_kind(s, i),
		       assay_object_path(s, assay_finding_object(s, i)));
	int status = assay_verdict(s) == ASSAY_FAIL;

	assay_close(s);
	return status;
}
