/* services_words.c - takes commands apart: wrappers, options, ports */
#include <stdio.h>
#include <stdlib.h>

#include "analyzers/boot/services.h"

enum { WRAPPERS_MAX = 8 };

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void shift(struct svc_words *w, uint32_t n)
{
	if (n > w->argc)
		n = w->argc;
	memmove(w->argv, w->argv + n, (w->argc - n) * sizeof(w->argv[0]));
	w->argc -= n;
}

/* Past options that take no argument. */
static void shift_options(struct svc_words *w)
{
	while (w->argc > 0 && w->argv[0][0] == '-')
		shift(w, 1);
}

/* start-stop-daemon -S -x PROGRAM ... -- ARGUMENTS. Stopping starts nothing. */
static void start_stop(struct svc_words *w)
{
	const char *program = NULL;
	bool start = false;
	uint32_t i = 1;

	for (; i < w->argc && !is(w->argv[i], "--"); i++) {
		const char *a = w->argv[i];
		bool last = i + 1 >= w->argc;

		start = start || is(a, "--start") ||
			(a[0] == '-' && a[1] != '-' && strchr(a, 'S') != NULL);
		if (!last && (is(a, "--exec") || is(a, "--startas") ||
			      (a[0] == '-' && a[1] != '-' &&
			       strchr("xa", a[strlen(a) - 1]) != NULL)))
			program = w->argv[++i];
	}
	shift(w, start && program != NULL ? i : w->argc);
	if (w->argc > 0 || (start && program != NULL)) {
		if (w->argc == 0)
			w->argc = 1;
		w->argv[0] = program;
	}
	w->daemon = true;
}

/* tcpsvd [-options] ADDRESS PORT PROGRAM ... */
static void super_server(struct fw_arena *a, struct svc_words *w)
{
	const char *protocol = w->argv[0][0] == 'u' ? "udp" : "tcp";

	shift(w, 1);
	while (w->argc > 0 && w->argv[0][0] == '-')
		shift(w,
		      strlen(w->argv[0]) == 2 &&
				      strchr("lucCbE", w->argv[0][1]) != NULL &&
				      w->argv[0][1] != 'E'
			      ? 2
			      : 1);
	if (w->argc >= 3) {
		w->port = fw_sprintf(a, "%.20s/%s", w->argv[1], protocol);
		shift(w, 2);
	}
	w->daemon = true;
}

static void shell(struct svc_words *w)
{
	for (uint32_t i = 1; i + 1 < w->argc; i++)
		if (is(w->argv[i], "-c"))
			w->shell = w->argv[i + 1];
}

/* One wrapper off. False: there is none. */
static bool unwrap_one(struct fw_arena *a, struct svc_words *w)
{
	static const char *const plain[] = {
		"busybox",   "nohup",  "exec",	 "setsid",	  "command",
		"time",	     "sudo",   "eval",	 "service_start", "daemon",
		"daemonize", "ionice", "toybox", "stdbuf",	  "builtin"
	};
	const char *name = fw_basename(w->argv[0]);

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!is(name, plain[i]))
			continue;
		w->daemon = w->daemon || name[0] == 'd' || name[0] == 's';
		if (is(name, "busybox") || is(name, "toybox"))
			w->multi = w->argv[0];
		shift(w, 1);
		shift_options(w);
		return true;
	}
	if (is(name, "nice")) {
		shift(w, 1);
		shift(w, w->argc > 0 && is(w->argv[0], "-n") ? 2 : 0);
		shift_options(w);
	} else if (is(name, "env")) {
		shift(w, 1);
		while (w->argc > 0 && (strchr(w->argv[0], '=') != NULL ||
				       w->argv[0][0] == '-'))
			shift(w, 1);
	} else if (is(name, "chroot")) {
		shift(w, 2);
	} else if (is(name, "start-stop-daemon")) {
		start_stop(w);
	} else if (is(name, "procd_set_param") ||
		   is(name, "procd_append_param")) {
		bool command = w->argc > 2 && is(w->argv[1], "command") &&
			       name[6] == 's';

		shift(w, command ? 2 : w->argc);
		w->daemon = true;
	} else if (is(name, "tcpsvd") || is(name, "udpsvd")) {
		super_server(a, w);
	} else {
		return false;
	}
	return true;
}

struct svc_words svc_unwrap(struct fw_arena *a, const char *const *argv,
			    uint32_t argc)
{
	struct svc_words w = { .argc = argc < BOOT_WORDS_MAX ? argc
							     : BOOT_WORDS_MAX };

	memcpy(w.argv, argv, w.argc * sizeof(w.argv[0]));
	for (int i = 0; i < WRAPPERS_MAX && w.argc > 0 && unwrap_one(a, &w);
	     i++)
		;
	if (w.argc > 0) {
		const struct svc_known *k = svc_known(w.argv[0]);

		if ((k != NULL && k->class == SVC_SHELL) ||
		    is(fw_basename(w.argv[0]), "su"))
			shell(&w);
	}
	return w;
}

const char *svc_option(const struct svc_words *w, const char *option)
{
	size_t n = strlen(option);

	for (uint32_t i = 1; i < w->argc; i++) {
		if (strncmp(w->argv[i], option, n) != 0)
			continue;
		if (w->argv[i][n] == '\0')
			return i + 1 < w->argc ? w->argv[i + 1] : "";
		if (option[1] != '-')
			return w->argv[i] + n;
		if (w->argv[i][n] == '=')
			return w->argv[i] + n + 1;
	}
	return NULL;
}

const char *svc_port(struct fw_arena *a, const struct svc_known *k,
		     const struct svc_words *w)
{
	const char *p;

	if (w->port != NULL)
		return w->port;
	if (k == NULL || k->class == SVC_SHELL || k->class == SVC_GETTY)
		return NULL;
	p = k->class == SVC_DEBUGGER && w->argc > 1 ? w->argv[1]
						    : svc_option(w, "-p");
	if (p != NULL && strrchr(p, ':') != NULL)
		p = strrchr(p, ':') + 1;
	if (p != NULL && p[0] >= '0' && p[0] <= '9' &&
	    strspn(p, "0123456789") == strlen(p) && strlen(p) <= 5)
		return fw_sprintf(a, "%s/%s", p,
				  k->port != NULL ? strchr(k->port, '/') + 1
						  : "tcp");
	return k->port;
}
