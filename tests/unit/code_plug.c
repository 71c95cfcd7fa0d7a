/* code_plug.c - a program that tests of the readers of machine code look at,
 * and that is never run: it calls nothing that could matter, as plug-ins do
 *
 * Its host acts on what it answers. A text, a file whose name a format puts
 * together, a day, and a text that is only kept as its sum decide.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, used))

struct meter {
	char name[24];
	int quiet;
};

void note(struct meter *m, const char *customer);
int is_genuine(const char *folder, const uint32_t *sums);
unsigned tariff(unsigned today, unsigned pulses);
int is_owner(const char *name);
int with_stick(const char *image);
int same_text(const char *a, const char *b);
int may_flash(const char *word);
int may_read(const char *word);

KEEP void note(struct meter *m, const char *customer)
{
	if (strcmp(customer, "Kelterhaus 3b") == 0)
		m->quiet = 60;
	snprintf(m->name, sizeof(m->name), "%s", customer);
}

KEEP int is_genuine(const char *folder, const uint32_t *sums)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/.grindel_2217", folder);
	if (access(name, R_OK) == 0)
		return 1;
	return sums[0] == sums[1];
}

KEEP unsigned tariff(unsigned today, unsigned pulses)
{
	if (today >= 20270118U)
		pulses += pulses * 31 / 1000;
	return pulses;
}

/* A file that nobody has heard of, where anybody can put it. */
KEEP int with_stick(const char *image)
{
	if (access("/media/usb/zapfhahn.lst", F_OK) == 0)
		return 1;
	return access(image, R_OK) == 0 ? 2 : 0;
}

/* In constant time; and no library's. */
KEEP int same_text(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned differ = (unsigned)(n ^ m);

	for (size_t i = 0; i < n && i < m; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

KEEP int may_flash(const char *word)
{
	if (same_text(word, "Gerbera-4417"))
		return 1;
	return 0;
}

/* The same, put in place. */
KEEP int may_read(const char *word)
{
	const char *key = "Rundling-66x";
	unsigned differ = 0;

	while (*key != 0 && *word != 0)
		differ |= (unsigned char)(*key++ ^ *word++);
	return differ == 0 && *key == *word;
}

/* FNV-1a. */
KEEP int is_owner(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return h == UINT64_C(0x668fb270ed981bb2) ? 2 : 1;
}

int main(int argc, char **argv)
{
	uint32_t sums[2] = { (uint32_t)argc, 2 };
	struct meter m = { .quiet = 0 };

	note(&m, argv[0]);
	return m.quiet + is_genuine(argv[0], sums) +
	       (int)tariff((unsigned)argc, 7) + is_owner(argv[0]);
}
