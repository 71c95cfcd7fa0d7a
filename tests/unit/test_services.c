/* test_services.c - what a device starts, from files to findings
 *
 * Each case is a small root file system. Its files go through the analyzers of
 * scripts and tables, what they say through the correlator.
 */
#include <stdio.h>

#include "boot_build.h"
#include "core/analyzer.h"
#include "core/data.h"

extern const struct fw_analyzer fw_analyzer_shell, fw_analyzer_boot_tables,
	fw_analyzer_boot_units, fw_analyzer_services, fw_analyzer_updates,
	fw_analyzer_accounts;

enum { FILES = 24, PLACES = 160 };

/* text: a file; link: a link; neither: an empty program. */
struct file {
	const char *path, *text, *link;
};

struct world {
	struct fw_arena arena;
	struct fw_place places[PLACES];
	struct fw_meta metas[PLACES];
	uint32_t count;
	struct fw_mem mem;
};

static uint32_t add(struct world *w, const char *path, enum fw_type type,
		    const char *link, uint32_t parent)
{
	uint32_t i = w->count++;

	assert_in_range(i, 0, PLACES - 1);
	w->metas[i] =
		FW_META(.name = fw_basename(path), .type = type, .link = link);
	w->places[i] = (struct fw_place){ .path = path,
					  .parent = parent,
					  .content = i,
					  .meta = &w->metas[i] };
	return i;
}

/* Files come in any order; places have to be in preorder. Folders of the cases
 * are few: one look for each file below a prefix. */
static void add_below(struct world *w, const struct file *files, size_t n,
		      const char *prefix, uint32_t parent)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < n; i++) {
		const char *rest = files[i].path + len, *slash;

		if (strncmp(files[i].path, prefix, len) != 0)
			continue;
		slash = strchr(rest, '/');
		const char *name = fw_strdup(
			&w->arena,
			fw_view_of(files[i].path,
				   slash != NULL
					   ? (size_t)(slash - files[i].path)
					   : strlen(files[i].path)));
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = strncmp(files[k].path, name, strlen(name)) ==
				       0 &&
			       files[k].path[strlen(name)] == '/' &&
			       slash != NULL;
		if (seen)
			continue;
		const char *path = fw_sprintf(&w->arena, "img/%s", name);

		if (slash == NULL) {
			add(w, path, files[i].link ? FW_LINK : FW_FILE,
			    files[i].link, parent);
			continue;
		}
		uint32_t at = add(w, path, FW_DIR, NULL, parent);

		add_below(w, files, n, fw_sprintf(&w->arena, "%s/", name), at);
	}
}

static void analyze(struct world *w, uint32_t place, const struct file *f)
{
	const struct fw_analyzer *const all[] = { &fw_analyzer_shell,
						  &fw_analyzer_boot_tables,
						  &fw_analyzer_boot_units,
						  &fw_analyzer_accounts };
	struct fw_mem *m = fw_alloc(&w->arena, 1, sizeof(*m));
	struct fw_object obj = { .bytes = fw_view_str(f->text),
				 .meta = &w->metas[place] };

	struct fw_out *out = fw_mem_out(m, obj.bytes);

	/* A program is written as the fact that it gives. */
	if (strncmp(f->text, "ELF ", 4) == 0)
		fw_out_fact(out, "elf.starts", f->text + 4);
	for (size_t i = 0; i < 4 && strncmp(f->text, "ELF ", 4) != 0; i++) {
		obj.path = all[i]->placed
				   ? fw_sprintf(&w->arena, "/%s", f->path)
				   : NULL;
		if (all[i]->wants(&obj))
			all[i]->inspect(&obj, out);
	}
	struct fw_fact *facts =
		fw_alloc(&w->arena, m->fact_count + 1, sizeof(*facts));

	for (size_t i = 0; i < m->fact_count; i++)
		facts[i] = (struct fw_fact){
			fw_strdup(&w->arena, fw_view_str(m->facts[i].key)),
			fw_strdup(&w->arena, fw_view_str(m->facts[i].value))
		};
	w->places[place].facts = facts;
	w->places[place].fact_count = m->fact_count;
	fw_mem_free(m);
}

static void correlate(struct world *w, const struct file *files,
		      const struct fw_analyzer *by)
{
	size_t n = 0;

	*w = (struct world){ 0 };
	while (n < FILES && files[n].path != NULL)
		n++;
	add(w, "img", FW_FILE, NULL, UINT32_MAX);
	add_below(w, files, n, "", 0);
	for (uint32_t i = 0; i < w->count; i++)
		for (size_t k = 0; k < n; k++)
			if (files[k].text != NULL &&
			    strcmp(w->places[i].path + (i ? 4 : 0),
				   files[k].path) == 0)
				analyze(w, i, &files[k]);
	struct fw_tree tree = { .places = w->places, .count = w->count };

	by->correlate(&tree, fw_mem_out(&w->mem, FW_STR("")));
}

static void done(struct world *w)
{
	fw_mem_free(&w->mem);
	fw_arena_free(&w->arena);
}

#define BASE                                                                   \
	{ "bin/busybox", NULL, NULL }, { "bin/sh", NULL, "busybox" },          \
		{ "lib/libc.so", NULL, NULL },                                 \
	{                                                                      \
		"usr/bin/x", NULL, NULL                                        \
	}
#define TELNETD                                                                \
	{                                                                      \
		"usr/sbin/telnetd", NULL, "../../bin/busybox"                  \
	}
#define INITTAB                                                                \
	{                                                                      \
		"etc/inittab", "::sysinit:/etc/init.d/rcS\n", NULL             \
	}

/* One finding, "severity kind", or "" for silence; part of its detail. */
struct test {
	const char *name;
	struct file files[FILES];
	const char *want, *detail;
};

#include "services_logins.h"

static const struct test cases[] = {
	{ "telnetd in rcS",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\nmount -a\ntelnetd\n", NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "telnetd (port 23/tcp), by etc/inittab:1 > etc/init.d/rcS:3" },
	{ "a script without first line, called by one with",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\n/etc/more.sh &\n", NULL },
	    { "etc/more.sh", "mkdir -p /tmp/x\ntelnetd -p 2323 &\n", NULL } },
	  "high access/telnet-odd-port/telnetd_port",
	  "telnetd -p 2323 (port 2323/tcp), by etc/inittab:1 > "
	  "etc/init.d/rcS:2 > etc/more.sh:2" },
	{ "a comment, an echo and a killall start nothing",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\n# telnetd\necho telnetd\nkillall telnetd\n"
	      "cat <<E\ntelnetd\nE\n",
	      NULL } },
	  "",
	  "" },
	{ "nobody calls the script",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\nmount -a\n", NULL },
	    { "usr/share/debug.sh", "#!/bin/sh\ntelnetd\n", NULL } },
	  "low access/telnet-at-boot/telnetd_started",
	  "nothing that starts at boot" },
	{ "busybox, full path, background",
	  { BASE,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\n/bin/busybox telnetd -l /bin/sh &\n", NULL } },
	  "critical access/telnet-shell/no_login",
	  "telnetd -l /bin/sh" },
	{ "no program, no telnet",
	  { BASE,
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\n/usr/sbin/telnetd &\n", NULL } },
	  "low access/telnet-at-boot/telnetd_started",
	  "a dead branch" },
	{ "a test for the program itself",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\n[ -x /usr/sbin/telnetd ] && telnetd\n", NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "" },
	{ "the owner's switch",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nif [ \"$(nvram get telnet)\" = 1 ]; then\n"
	      "telnetd\nfi\n",
	      NULL } },
	  "medium access/telnet-at-boot/telnetd_started",
	  "only if eq $(nvram\\ get\\ telnet) 1" },
	{ "switched off for good",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nD=0\nif [ $D = 1 ]; then telnetd; fi\n", NULL } },
	  "low access/telnet-at-boot/telnetd_started",
	  "its condition never holds" },
	{ "a flag file",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\n[ -f /data/.svc ] && telnetd -l /bin/sh\n", NULL } },
	  "high hidden/boot-trigger",
	  "opened by a file that the image" },
	{ "a file on a card",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nif [ -e /mnt/sd/debug ]; then telnetd; fi\n",
	      NULL } },
	  "high hidden/boot-trigger",
	  "a file on a card or stick" },
	{ "a key",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nread -t 3 k\nif [ \"$k\" = q ]; then telnetd; fi\n",
	      NULL } },
	  "high hidden/boot-trigger",
	  "opened by a key" },
	{ "a name",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\n[ `hostname` = factory7 ] && telnetd\n", NULL } },
	  "high hidden/boot-trigger",
	  "the device's name" },
	{ "a login from a file of the image",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/sign", "wr_dlob.77\n", NULL },
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nsign=`cat /etc/sign`\n"
	      "telnetd -l /usr/sbin/login -u Fieldnet:$sign -i br0 &\n",
	      NULL } },
	  "critical hidden/boot-login",
	  "-u Fieldnet:wr_dlob.77" },
	{ "settings from a sourced file",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/vars", "D=/usr/sbin/telnetd\n", NULL },
	    { "etc/init.d/rcS", "#!/bin/sh\n. /etc/vars\n$D -l /bin/sh\n",
	      NULL } },
	  "critical access/telnet-shell/no_login",
	  "/usr/sbin/telnetd -l" },
	{ "a function of a sourced file",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "lib/f.sh", "#!/bin/sh\nopen_up() { telnetd; }\n", NULL },
	    { "etc/init.d/rcS", "#!/bin/sh\n. /lib/f.sh\nopen_up\n", NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "lib/f.sh:2" },
	{ "S50 by a loop over a folder",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nfor i in /etc/init.d/S??*; do\n $i start\ndone\n",
	      NULL },
	    { "etc/init.d/S50telnet",
	      "#!/bin/sh\ncase \"$1\" in\nstart) telnetd;;\n"
	      "stop) killall telnetd;;\nesac\n",
	      NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "etc/init.d/S50telnet:3" },
	{ "a start only when it is stopped",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\n/etc/init.d/S50x start\n", NULL },
	    { "etc/init.d/S50x",
	      "#!/bin/sh\ncase \"$1\" in\nstart) :;;\nstop) telnetd;;\nesac\n",
	      NULL } },
	  "low access/telnet-at-boot/telnetd_started",
	  "never holds" },
	{ "a link of a run level",
	  { BASE,
	    TELNETD,
	    { "etc/rc2.d/S20telnet", NULL, "../init.d/telnet" },
	    { "etc/init.d/telnet",
	      "#!/bin/sh\nD=/usr/sbin/telnetd\ncase $1 in start)\n"
	      "start-stop-daemon --start --quiet --exec $D -- -F ;; esac\n",
	      NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "/usr/sbin/telnetd -F" },
	{ "OpenWrt: procd, enabled",
	  { BASE,
	    TELNETD,
	    { "etc/rc.d/S50telnet", NULL, "../init.d/telnet" },
	    { "etc/init.d/telnet",
	      "#!/bin/sh /etc/rc.common\nSTART=50\nUSE_PROCD=1\n"
	      "start_service() {\n\tprocd_open_instance\n"
	      "\tprocd_set_param command /usr/sbin/telnetd -F -l "
	      "/bin/login.sh\n\tprocd_close_instance\n}\n",
	      NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "/usr/sbin/telnetd -F" },
	{ "OpenWrt: there, not enabled",
	  { BASE,
	    TELNETD,
	    { "etc/inittab", "::sysinit:/bin/mount\n", NULL },
	    { "etc/init.d/telnet",
	      "#!/bin/sh /etc/rc.common\nstart() { telnetd -l /bin/login.sh; "
	      "}\n",
	      NULL } },
	  "low access/telnet-at-boot/telnetd_started",
	  "nothing that starts at boot" },
	{ "OpenWrt: a web server",
	  { BASE,
	    { "usr/sbin/uhttpd", NULL, NULL },
	    { "etc/rc.d/S50uhttpd", NULL, "../init.d/uhttpd" },
	    { "etc/init.d/uhttpd",
	      "#!/bin/sh /etc/rc.common\nstart_instance() {\n"
	      "\tprocd_open_instance\n\tprocd_set_param command "
	      "/usr/sbin/uhttpd -f\n\tprocd_close_instance\n}\n"
	      "start_service() {\n\tconfig_load uhttpd\n"
	      "\tconfig_foreach start_instance uhttpd\n}\n",
	      NULL } },
	  "",
	  "" },
	{ "inetd is started",
	  { BASE,
	    { "usr/sbin/inetd", NULL, NULL },
	    INITTAB,
	    { "etc/inetd.conf",
	      "telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n",
	      NULL },
	    TELNETD,
	    { "etc/init.d/rcS", "#!/bin/sh\ninetd\n", NULL } },
	  "high access/inetd-telnet/telnet_line",
	  "etc/inetd.conf:1" },
	{ "inetd is not started",
	  { BASE,
	    INITTAB,
	    { "etc/inetd.conf",
	      "69 dgram udp nowait root tftpd tftpd -c /tmp\n", NULL },
	    { "usr/bin/tftpd", NULL, "../../bin/busybox" },
	    { "etc/init.d/rcS", "#!/bin/sh\nmount -a\n", NULL } },
	  "low access/inetd-tftp/tftp_root",
	  "nothing starts" },
	{ "a shell on the console",
	  { BASE, { "etc/inittab", "::respawn:-/bin/sh\n", NULL } },
	  "high access/console-shell/inittab_shell",
	  "/bin/sh" },
	{ "a login on a serial port",
	  { BASE,
	    { "sbin/getty", NULL, "../bin/busybox" },
	    { "etc/inittab", "ttyS1::respawn:/sbin/getty -L ttyS1 115200\n",
	      NULL } },
	  "medium access/serial-login",
	  "ttyS1" },
	{ "a login on a screen",
	  { BASE,
	    { "sbin/getty", NULL, "../bin/busybox" },
	    { "etc/inittab", "1:2345:respawn:/sbin/getty 38400 tty1\n",
	      NULL } },
	  "",
	  "" },
	{ "a getty with a shell",
	  { BASE,
	    { "sbin/getty", NULL, "../bin/busybox" },
	    { "etc/inittab",
	      "::respawn:/sbin/getty -n -l /bin/sh 115200 ttyS0\n", NULL } },
	  "high access/getty-without-login/getty_shell",
	  "" },
	{ "a script on a card",
	  { BASE,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nmount /dev/mmcblk0p1 /mnt/sd\n"
	      "[ -f /mnt/sd/run.sh ] && sh /mnt/sd/run.sh\n",
	      NULL } },
	  "high integrity/boot-from-media",
	  "/mnt/sd/run.sh" },
	{ "a card that is put in",
	  { BASE,
	    { "etc/mdev.conf", "mmcblk[0-9] 0:0 666 @/etc/in.sh\n", NULL },
	    { "etc/in.sh", "#!/bin/sh\n/media/sd/auto.sh\n", NULL } },
	  "high integrity/boot-from-media",
	  "/media/sd/auto.sh" },
	{ "flash that is written to",
	  { BASE,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nmount -t jffs2 /dev/mtdblock3 /data\n"
	      "/data/bin/appd &\n",
	      NULL } },
	  "low integrity/boot-from-writable",
	  "/data/bin/appd" },
	{ "systemd: wanted",
	  { BASE,
	    { "usr/sbin/in.telnetd", NULL, NULL },
	    { "lib/systemd/system/t.service",
	      "[Service]\nExecStart=/usr/sbin/in.telnetd -debug\n", NULL },
	    { "etc/systemd/system/multi-user.target.wants/t.service", NULL,
	      "/lib/systemd/system/t.service" } },
	  "high access/telnet-at-boot/telnetd_started",
	  "in.telnetd" },
	{ "systemd: not wanted",
	  { BASE,
	    { "usr/sbin/in.telnetd", NULL, NULL },
	    { "lib/systemd/system/t.service",
	      "[Service]\nExecStart=/usr/sbin/in.telnetd -debug\n", NULL } },
	  "",
	  "" },
	{ "xinetd: disabled",
	  { BASE,
	    TELNETD,
	    { "etc/xinetd.d/telnet",
	      "service telnet\n{\n disable = yes\n server = "
	      "/usr/sbin/telnetd\n}\n",
	      NULL } },
	  "",
	  "" },
	{ "Android: bridge on the network",
	  { BASE,
	    { "init.rc", "on boot\n    setprop service.adb.tcp.port 5555\n",
	      NULL } },
	  "high access/adb-network/adb_tcp",
	  "" },
	{ "a debugger",
	  { BASE,
	    { "usr/bin/gdbserver", NULL, NULL },
	    INITTAB,
	    { "etc/init.d/rcS", "#!/bin/sh\ngdbserver :2345 /bin/app &\n",
	      NULL } },
	  "high access/debug-server/gdbserver_started",
	  "port 2345/tcp" },
	{ "tcpsvd with an ftpd",
	  { BASE,
	    { "usr/bin/tcpsvd", NULL, "../../bin/busybox" },
	    { "usr/sbin/ftpd", NULL, "../../bin/busybox" },
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\ntcpsvd -vE 0.0.0.0 2121 ftpd -w / &\n", NULL } },
	  "medium access/ftp-at-boot",
	  "port 2121/tcp" },
	{ "a script with a login that nobody calls",
	  { BASE,
	    TELNETD,
	    { "www/cgi/t.sh", "#!/bin/sh\ntelnetd -u a:b -l /bin/login\n",
	      NULL } },
	  "high hidden/boot-login",
	  "nothing that starts at boot" },
	{ "rsh by inetd",
	  { BASE,
	    { "usr/sbin/inetd", NULL, NULL },
	    INITTAB,
	    { "usr/sbin/in.rshd", NULL, NULL },
	    { "etc/inetd.conf",
	      "shell stream tcp nowait root /usr/sbin/in.rshd in.rshd\n",
	      NULL },
	    { "etc/init.d/rcS", "#!/bin/sh\n/usr/sbin/inetd\n", NULL } },
	  "high access/inetd-rsh/r_services",
	  "514/tcp" },
	{ "a program that starts telnet",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "usr/sbin/appd", "ELF 0\t@0x10,&\ttelnetd -p 99\t", NULL },
	    { "etc/init.d/rcS", "#!/bin/sh\nappd &\n", NULL } },
	  "medium access/started-by-program",
	  "by etc/inittab:1 > etc/init.d/rcS:2 > usr/sbin/appd" },
	{ "a program that starts its like",
	  { BASE,
	    { "usr/sbin/b", NULL, NULL },
	    { "usr/sbin/appd", "ELF 0\t@0x10,&\t/usr/sbin/b -d\t", NULL } },
	  "",
	  "" },
	{ "cron",
	  { BASE,
	    TELNETD,
	    { "etc/crontabs/root", "*/5 * * * * /usr/sbin/telnetd\n", NULL } },
	  "high access/telnet-at-boot/telnetd_started",
	  "etc/crontabs/root:1" },
	{ "sh -c",
	  { BASE,
	    TELNETD,
	    INITTAB,
	    { "etc/init.d/rcS",
	      "#!/bin/sh\nsh -c \"sleep 5; telnetd -l /bin/sh\" &\n", NULL } },
	  "critical access/telnet-shell/no_login",
	  "" },
	{ "Debian's ssh",
	  { BASE,
	    { "usr/sbin/sshd", NULL, NULL },
	    { "etc/rc2.d/S01ssh", NULL, "../init.d/ssh" },
	    { "etc/init.d/ssh",
	      "#! /bin/sh\nset -e\ntest -x /usr/sbin/sshd || exit 0\n"
	      "case \"$1\" in\n  start)\n\tif start-stop-daemon --start "
	      "--quiet --oknodo --pidfile /run/sshd.pid --exec "
	      "/usr/sbin/sshd -- $SSHD_OPTS; then\n log_end_msg 0\n fi;;\n"
	      "esac\n",
	      NULL } },
	  "",
	  "" },
};

static const struct test updates[] = {
	{ "a card's file to flash",
	  { BASE,
	    { "sbin/up.sh",
	      "#!/bin/sh\nif [ -f /mnt/sd/fw.bin ]; then\n"
	      "flashcp -v /mnt/sd/fw.bin /dev/mtd2\nfi\n",
	      NULL } },
	  "high integrity/update-flash",
	  "from a card or stick, without a check" },
	{ "plain http to flash",
	  { BASE,
	    { "sbin/up.sh",
	      "#!/bin/sh\nwget http://u.example/fw -O /tmp/fw\n"
	      "mtd -r write /tmp/fw firmware\n",
	      NULL } },
	  "high integrity/update-flash",
	  "the network, unencrypted" },
	{ "a checksum is no signature",
	  { BASE,
	    { "sbin/up.sh",
	      "#!/bin/sh\nsum=`md5sum /tmp/fw | cut -d' ' -f1`\n"
	      "[ $sum = $2 ] && dd if=/tmp/fw of=/dev/mtdblock4\n",
	      NULL } },
	  "medium integrity/update-flash",
	  "with a checksum only" },
	{ "a signature",
	  { BASE,
	    { "sbin/up.sh",
	      "#!/bin/sh\nopenssl dgst -sha256 -verify /etc/k.pem -signature "
	      "/tmp/s /tmp/fw || exit 1\nmtd write /tmp/fw firmware\n",
	      NULL } },
	  "",
	  "" },
	{ "OpenWrt: checked elsewhere",
	  { BASE,
	    { "lib/upgrade/common.sh",
	      "#!/bin/sh\ndefault_do_upgrade() {\n get_image \"$1\" | mtd "
	      "write "
	      "- firmware\n}\n",
	      NULL },
	    { "lib/upgrade/fwtool.sh",
	      "#!/bin/sh\nfwtool_check_signature() {\n ucert -V -m /tmp/i -c "
	      "/tmp/c -P /etc/opkg/keys\n}\n",
	      NULL } },
	  "low integrity/update-flash",
	  "other scripts check signatures" },
	{ "each script that unpacks: merged per image",
	  { BASE,
	    { "sbin/a.sh", "#!/bin/sh\ntar xzf /tmp/a.tgz -C /\n", NULL },
	    { "sbin/b.sh", "#!/bin/sh\nunzip -o $1 -d /\n", NULL } },
	  "high integrity/update-unpacked; medium integrity/update-unpacked",
	  "" },
	{ "unpacked over the system",
	  { BASE,
	    { "sbin/up.sh", "#!/bin/sh\ntar xzf /tmp/up.tgz -C /\n", NULL } },
	  "high integrity/update-unpacked",
	  "tar xzf" },
	{ "unzip as well",
	  { BASE, { "sbin/up.sh", "#!/bin/sh\nunzip -o $1 -d /\n", NULL } },
	  "medium integrity/update-unpacked",
	  "whoever calls the script" },
	{ "settings that were saved; into a folder; a copy of flash",
	  { BASE,
	    { "sbin/up.sh",
	      "#!/bin/sh\ntar xzf /sysupgrade.tgz -C /\n"
	      "tar xzf /tmp/x.tgz -C /tmp/x\nunzip /tmp/x.zip -d /tmp\n"
	      "dd if=/dev/mtd3 of=/tmp/art\nmtd erase rootfs_data\n"
	      "tar czf /tmp/b.tgz -C / etc\n",
	      NULL } },
	  "",
	  "" },
};

static void run_cases(const struct test *list, size_t n,
		      const struct fw_analyzer *by)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct world w;
		const char *got = "", *detail = "";

		correlate(&w, list[i].files, by);
		for (size_t k = 0; k < w.mem.finding_count; k++) {
			const struct fw_mem_finding *f = &w.mem.findings[k];

			got = fw_sprintf(
				&w.arena, "%s%s%s %s", got, k ? "; " : "",
				fw_severity_name(f->severity), f->kind->id);
			detail = f->detail;
		}
		if (strcmp(got, list[i].want) != 0 ||
		    strstr(detail, list[i].detail) == NULL) {
			for (size_t k = 0; k < w.mem.fact_count; k++)
				print_message("%s=%s\n", w.mem.facts[k].key,
					      w.mem.facts[k].value);
			print_error("%s: '%s' '%s'\n", list[i].name, got,
				    detail);
			bad++;
		}
		done(&w);
	}
	assert_int_equal(bad, 0);
}

static void all_cases(void **state)
{
	(void)state;
	run_cases(cases, sizeof(cases) / sizeof(cases[0]),
		  &fw_analyzer_services);
	run_cases(login_cases, sizeof(login_cases) / sizeof(login_cases[0]),
		  &fw_analyzer_services);
}

static void all_updates(void **state)
{
	(void)state;
	run_cases(updates, sizeof(updates) / sizeof(updates[0]),
		  &fw_analyzer_updates);
}

static void facts_of_services(void **state)
{
	const struct file files[FILES] = {
		BASE,
		TELNETD,
		INITTAB,
		{ "usr/sbin/httpd", NULL, NULL },
		{ "etc/init.d/rcS",
		  "#!/bin/sh\nhttpd -p 8080 &\n[ -f /etc/t ] && telnetd\n",
		  NULL },
	};
	struct world w;

	(void)state;
	correlate(&w, files, &fw_analyzer_services);
	assert_int_equal(w.mem.fact_count, 2);
	assert_string_equal(w.mem.facts[0].value,
			    "usr/sbin/httpd -p 8080 user=root port=8080/tcp "
			    "state=active why=etc/inittab:1 > "
			    "etc/init.d/rcS:2");
	assert_string_equal(w.mem.facts[1].value,
			    "telnetd(bin/busybox) user=root port=23/tcp "
			    "state=conditional why=etc/inittab:1 > "
			    "etc/init.d/rcS:3 if=exists /etc/t");
	done(&w);
}

/* Scripts that call one another for ever. */
static void loops_end(void **state)
{
	const struct file files[FILES] = {
		BASE,
		INITTAB,
		{ "etc/init.d/rcS", "#!/bin/sh\n/etc/a\n/etc/a\n", NULL },
		{ "etc/a", "#!/bin/sh\n/etc/b\n. /etc/a\n", NULL },
		{ "etc/b", "#!/bin/sh\n/etc/a\n/etc/*\n", NULL },
		{ "etc/l", NULL, "l" },
	};
	struct world w;

	(void)state;
	correlate(&w, files, &fw_analyzer_services);
	assert_int_equal(w.mem.finding_count, 0);
	done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_cases),
		cmocka_unit_test(all_updates),
		cmocka_unit_test(facts_of_services),
		cmocka_unit_test(loops_end),
	};

	fw_hash_init();
	if (!fw_data_load(ASSAY_SOURCE_DIR "/rules/data"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
