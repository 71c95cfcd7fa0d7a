/* services_data.c - programs that open a way in or listen, and where
 *
 * Source: /etc/services of Debian, BusyBox's applets, manuals of each.
 */
#include <stdlib.h>

#include "analyzers/boot/services.h"

/* clang-format off */
static const struct svc_known table[] = { /* sorted by name */
	{ "adbd",	 SVC_ADB,	"5555/tcp" },
	{ "agetty",	 SVC_GETTY,	NULL },
	{ "ash",	 SVC_SHELL,	NULL },
	{ "atftpd",	 SVC_TFTP,	"69/udp" },
	{ "avahi-daemon", SVC_LISTENER, "5353/udp" },
	{ "bash",	 SVC_SHELL,	NULL },
	{ "bftpd",	 SVC_FTP,	"21/tcp" },
	{ "boa",	 SVC_LISTENER,	"80/tcp" },
	{ "dash",	 SVC_SHELL,	NULL },
	{ "dnsmasq",	 SVC_LISTENER,	"53/udp" },
	{ "dropbear",	 SVC_SSH,	"22/tcp" },
	{ "dropbearmulti", SVC_SSH,	"22/tcp" },
	{ "ftpd",	 SVC_FTP,	"21/tcp" },
	{ "gdbserver",	 SVC_DEBUGGER,	NULL },
	{ "getty",	 SVC_GETTY,	NULL },
	{ "goahead",	 SVC_LISTENER,	"80/tcp" },
	{ "httpd",	 SVC_LISTENER,	"80/tcp" },
	{ "in.ftpd",	 SVC_FTP,	"21/tcp" },
	{ "in.rlogind",	 SVC_RSH,	"513/tcp" },
	{ "in.rshd",	 SVC_RSH,	"514/tcp" },
	{ "in.telnetd",	 SVC_TELNET,	"23/tcp" },
	{ "in.tftpd",	 SVC_TFTP,	"69/udp" },
	{ "inetd",	 SVC_SUPER,	NULL },
	{ "lighttpd",	 SVC_LISTENER,	"80/tcp" },
	{ "mgetty",	 SVC_GETTY,	NULL },
	{ "mini_httpd",	 SVC_LISTENER,	"80/tcp" },
	{ "miniupnpd",	 SVC_LISTENER,	"1900/udp" },
	{ "mosquitto",	 SVC_LISTENER,	"1883/tcp" },
	{ "nc",		 SVC_NETCAT,	NULL },
	{ "ncat",	 SVC_NETCAT,	NULL },
	{ "netcat",	 SVC_NETCAT,	NULL },
	{ "nginx",	 SVC_LISTENER,	"80/tcp" },
	{ "nmbd",	 SVC_LISTENER,	"137/udp" },
	{ "ntpd",	 SVC_LISTENER,	"123/udp" },
	{ "openvpn",	 SVC_LISTENER,	"1194/udp" },
	{ "proftpd",	 SVC_FTP,	"21/tcp" },
	{ "pure-ftpd",	 SVC_FTP,	"21/tcp" },
	{ "rlogind",	 SVC_RSH,	"513/tcp" },
	{ "rshd",	 SVC_RSH,	"514/tcp" },
	{ "sh",		 SVC_SHELL,	NULL },
	{ "smbd",	 SVC_LISTENER,	"445/tcp" },
	{ "snmpd",	 SVC_LISTENER,	"161/udp" },
	{ "socat",	 SVC_NETCAT,	NULL },
	{ "sshd",	 SVC_SSH,	"22/tcp" },
	{ "telnetd",	 SVC_TELNET,	"23/tcp" },
	{ "tftpd",	 SVC_TFTP,	"69/udp" },
	{ "thttpd",	 SVC_LISTENER,	"80/tcp" },
	{ "udhcpd",	 SVC_LISTENER,	"67/udp" },
	{ "uhttpd",	 SVC_LISTENER,	"80/tcp" },
	{ "upnpd",	 SVC_LISTENER,	"1900/udp" },
	{ "utelnetd",	 SVC_TELNET,	"23/tcp" },
	{ "vsftpd",	 SVC_FTP,	"21/tcp" },
	{ "webs",	 SVC_LISTENER,	"80/tcp" },
	{ "xinetd",	 SVC_SUPER,	NULL },
};
/* clang-format on */

static int by_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct svc_known *)item)->name);
}

const struct svc_known *svc_known(const char *name)
{
	return bsearch(fw_basename(name), table,
		       sizeof(table) / sizeof(table[0]), sizeof(table[0]),
		       by_name);
}
