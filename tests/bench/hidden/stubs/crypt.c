/*
 * Stands in for libcrypt where a cross compiler has none: built as
 * libcrypt.so so that a sample imports crypt as it would from the real one.
 */
char *crypt(const char *key, const char *salt);

char *crypt(const char *key, const char *salt)
{
	static char out[] = "*0";

	(void)key;
	(void)salt;
	return out;
}
