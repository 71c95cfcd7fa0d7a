/* test_sealed.c - work in a process of its own: what comes back of it, whatever
 * it does */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/sealed.h"

static void note_down(char note[FW_SEALED_NOTE], const char *text)
{
	snprintf(note, FW_SEALED_NOTE, "%s", text);
}

static enum fw_sealed_end echo(void *ctx, struct fw_view bytes,
			       struct fw_arena *arena, FILE *to, char *note)
{
	(void)arena;
	(void)note;
	fprintf(to, "%s %.*s", (const char *)ctx, FW_FMT(bytes));
	return FW_SEALED_OK;
}

static enum fw_sealed_end part(void *ctx, struct fw_view bytes,
			       struct fw_arena *arena, FILE *to, char *note)
{
	(void)arena;
	fprintf(to, "%s%zu", (const char *)ctx, bytes.len);
	note_down(note, "cut\033[2J at 0x10");
	return FW_SEALED_PART;
}

static enum fw_sealed_end refused(void *ctx, struct fw_view bytes,
				  struct fw_arena *arena, FILE *to, char *note)
{
	(void)arena;
	(void)bytes;
	fputs(ctx, to);
	/* No zero at its end. */
	for (size_t i = 0; i < FW_SEALED_NOTE; i++)
		note[i] = 'n';
	return FW_SEALED_REFUSED;
}

static enum fw_sealed_end crash(void *ctx, struct fw_view bytes,
				struct fw_arena *arena, FILE *to, char *note)
{
	(void)arena;
	(void)bytes;
	(void)note;
	fputs(ctx, to);
	fflush(to);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static enum fw_sealed_end hungry(void *ctx, struct fw_view bytes,
				 struct fw_arena *arena, FILE *to, char *note)
{
	(void)ctx;
	(void)bytes;
	(void)to;
	(void)note;
	for (size_t i = 0; i < SIZE_MAX; i++)
		fw_alloc(arena, 1 << 20, 64);
	return FW_SEALED_OK;
}

static enum fw_sealed_end endless(void *ctx, struct fw_view bytes,
				  struct fw_arena *arena, FILE *to, char *note)
{
	(void)bytes;
	(void)arena;
	(void)note;
	for (size_t i = 0; i < SIZE_MAX; i++)
		fputs(ctx, to);
	return FW_SEALED_OK;
}

static enum fw_sealed_end escape(void *ctx, struct fw_view bytes,
				 struct fw_arena *arena, FILE *to, char *note)
{
	(void)bytes;
	(void)arena;
	(void)note;
	fputs(open(ctx, O_RDONLY) < 0 ? "closed" : "open", to);
	fflush(to);
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? FW_SEALED_OK
						   : FW_SEALED_PART;
}

static const struct {
	enum fw_sealed_end (*work)(void *ctx, struct fw_view bytes,
				   struct fw_arena *arena, FILE *to,
				   char note[FW_SEALED_NOTE]);
	const char *ctx;
	enum fw_sealed_end end;
	const char *text, *note;
} rows[] = {
	{ echo, "plain\n\t", FW_SEALED_OK, "plain\n\t 2345", "" },
	{ echo, "\\x1b \\\\", FW_SEALED_OK, "\\x1b \\\\ 2345", "" },
	{ echo, "\033[2J\r\xff", FW_SEALED_OK, "\\x1b[2J\\r\\xff 2345", "" },
	{ echo, "\xc2\x9b\xe2\x80\xae", FW_SEALED_OK, NULL, "" },
	{ part, "some", FW_SEALED_PART, "some4", "cut\\x1b[2J at 0x10" },
	{ refused, "hidden", FW_SEALED_REFUSED, "", "nnnn" },
	{ crash, "lost", FW_SEALED_PART, "", "crashed" },
	{ hungry, "", FW_SEALED_PART, "", "memory" },
	{ endless, "0123456789abcdef\n", FW_SEALED_PART, "", "more to print" },
	{ escape, "/etc/hostname", FW_SEALED_PART, "", "crashed" },
};

static void what_comes_back(void **state)
{
	FILE *in = tmpfile();

	(void)state;
	assert_non_null(in);
	assert_true(fputs("0123456", in) >= 0 && fflush(in) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char note[FW_SEALED_NOTE], text[256] = "";
		enum fw_sealed_end end;
		FILE *to = tmpfile();
		struct fw_sealed s = { .fd = fileno(in),
				       .at = 2,
				       .len = 4,
				       .work = rows[i].work,
				       .ctx = (void *)(uintptr_t)rows[i].ctx };

		assert_non_null(to);
		assert_true(fw_sealed_run(&s, to, &end, note));
		rewind(to);
		text[fread(text, 1, sizeof(text) - 1, to)] = '\0';
		fclose(to);
		assert_int_equal(end, rows[i].end);
		if (rows[i].text != NULL)
			assert_string_equal(text, rows[i].text);
		assert_null(strpbrk(text, "\033\r"));
		assert_null(strstr(text, "\xc2\x9b"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_non_null(strstr(note, rows[i].note));
		assert_true(strlen(note) < FW_SEALED_NOTE);
	}
	fclose(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
