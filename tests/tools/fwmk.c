/* fwmk.c - makes the bytes of a recipe
 *
 * usage: fwmk RECIPE OUTPUT		(- is standard output; grammar:
 * recipe.h)
 */
#include <stdio.h>

#include "core/hash.h"
#include "tools/recipe.h"

int main(int argc, char **argv)
{
	struct fw_arena a = { 0 };

	if (argc != 3) {
		fputs("usage: fwmk RECIPE OUTPUT\n", stderr);
		return 2;
	}
	fw_hash_init();
	struct fw_view v = recipe_load(&a, argv[1]);
	FILE *f = strcmp(argv[2], "-") == 0 ? stdout : fopen(argv[2], "wb");

	if (f == NULL || fwrite(v.data, 1, v.len, f) != v.len ||
	    fclose(f) != 0) {
		perror(argv[2]);
		return 2;
	}
	fw_arena_free(&a);
	return 0;
}
