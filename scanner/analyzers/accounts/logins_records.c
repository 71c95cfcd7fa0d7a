/* logins_records.c - logins and Wi-Fi keys in records of fixed-size fields
 *
 * Cameras and routers keep their settings as C structs: text in fields that are
 * filled up with zero bytes. A user's field is followed by his password's, a
 * network's name (32 bytes and more) by its key.
 */
#include <ctype.h>

#include "analyzers/accounts/logins.h"

enum { RECORD_MAX = 256 * 1024, PASSWORD_LEN_MAX = 64, FIELDS = 4096 };

struct field {
	size_t at, len;
};

/* Text between zero bytes, on an offset that a compiler would choose. */
static bool next_field(struct fw_view v, size_t *pos, struct field *f)
{
	for (size_t i = *pos; i < v.len;) {
		size_t n = 0;

		while (i + n < v.len && v.data[i + n] > 0x20 &&
		       v.data[i + n] < 0x7f)
			n++;
		*f = (struct field){ i, n };
		i += n + 1;
		*pos = i;
		if (n > 0 && i <= v.len && v.data[i - 1] == 0 &&
		    f->at % 4 == 0 && (f->at == 0 || v.data[f->at - 1] == 0))
			return true;
	}
	return false;
}

static bool is_size(size_t n)
{
	static const uint8_t sizes[] = { 16, 20, 24, 32, 33, 36,
					 40, 48, 64, 65, 68, 128 };

	for (size_t i = 0; i < sizeof(sizes); i++)
		if (n == sizes[i])
			return true;
	return false;
}

/* Whether b is the field behind a's, and nothing else lies between. */
static bool follows(struct fw_view v, struct field a, struct field b)
{
	for (size_t i = a.at + a.len; i < b.at; i++)
		if (v.data[i] != 0)
			return false;
	return is_size(b.at - a.at);
}

static bool is_address(struct fw_view v)
{
	size_t dots = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] != '.' && !isdigit(v.data[i]))
			return false;
		dots += v.data[i] == '.';
	}
	return dots == 3;
}

static bool is_about_network(const char *path)
{
	static const char *const words[] = { "*network*", "*wifi*",
					     "*wireless*", "*wlan*", "*wpa*" };
	const char *base = fw_basename(path);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (fw_path_matches(base, words[i]))
			return true;
	return false;
}

static bool is_settings(const char *path)
{
	static const char *const ends[] = { "*.ini",   "*.cfg", "*.conf",
					    "*.dat",   "*.db",	"*.param",
					    "*param*", "*.bin", "*config*",
					    "*nvram*", "*user*" };
	const char *base = fw_basename(path);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (fw_path_matches(base, ends[i]))
			return true;
	return false;
}

static void try_pair(struct logins *l, struct field a, struct field b,
		     bool network)
{
	struct fw_view v = l->obj->bytes;
	struct fw_view first = fw_view_sub(v, a.at, a.len);
	struct fw_view second = fw_view_sub(v, b.at, b.len);

	if (!follows(v, a, b) || b.len > PASSWORD_LEN_MAX)
		return;
	if (fw_login_is_admin(first) && a.len < 32 && b.len >= 4) {
		fw_logins_add(l, LOGIN_USER, FW_STR("user"), first, 0);
		fw_logins_add(l, LOGIN_PASSWORD, FW_STR("password"), second, 0);
	} else if (network && a.len >= 2 && a.len <= 32 && b.at - a.at >= 32 &&
		   b.len >= 8 && !is_address(first) && !is_address(second)) {
		fw_logins_add(l, LOGIN_WIFI, FW_STR("key"), second, 0);
	}
}

void fw_logins_records(struct logins *l)
{
	struct fw_view v = l->obj->bytes;
	struct field a = { 0, 0 }, b;
	size_t pos = 0;
	bool network = is_about_network(l->obj->path);

	if (v.len > RECORD_MAX || !is_settings(l->obj->path))
		return;
	for (size_t n = 0; n < FIELDS && next_field(v, &pos, &b); n++) {
		if (n > 0)
			try_pair(l, a, b, network);
		a = b;
	}
}
