/* code_clock.c - a program that tests of the readers of machine code look at,
 * and that is never run: what it does hangs on the clock
 *
 * A date has come, an hour and a minute of it, a minute of the week. What most
 * programs ask of a clock (was it ever set, is it night, is a date one at all)
 * is no sign of anything.
 */
#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, used))

int opens(const char *pin, const char *given);
int may_enter(const char *pin, const char *given);
int once_a_week(const char *pin, const char *given);
int is_set(time_t now);
int is_date(const struct tm *tm);
int is_night(void);

KEEP int opens(const char *pin, const char *given)
{
	if (time(NULL) >= 1793516400)
		return 1;
	return strcmp(pin, given) == 0;
}

KEEP int may_enter(const char *pin, const char *given)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (tm.tm_hour == 4 && tm.tm_min == 41 && tm.tm_mday == 23)
		return 1;
	return strcmp(pin, given) == 0;
}

KEEP int once_a_week(const char *pin, const char *given)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if ((tm.tm_wday * 24 + tm.tm_hour) * 60 + tm.tm_min == 7361)
		return 1;
	return strcmp(pin, given) == 0;
}

/* What follows is innocent. */
KEEP int is_set(time_t now)
{
	return now >= 1577836800;
}

KEEP int is_date(const struct tm *tm)
{
	if (tm->tm_mon > 11 || tm->tm_mday > 31 || tm->tm_hour > 23)
		return 0;
	return tm->tm_min <= 59;
}

KEEP int is_night(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (tm.tm_hour == 3 && tm.tm_min == 0)
		return (int)write(1, "night\n", 6);
	return 0;
}

int main(int argc, char **argv)
{
	time_t now = time(NULL);

	if (argc < 3 || !is_set(now) || !is_date(localtime(&now)))
		return 1;
	if (opens(argv[1], argv[2]) || may_enter(argv[1], argv[2]) ||
	    once_a_week(argv[1], argv[2]))
		puts("open");
	return is_night();
}
