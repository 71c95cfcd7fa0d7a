/* services_kinds.c - what the correlator "services" can claim */
#include "analyzers/boot/services_kinds.h"
#include "analyzers/boot/services.h"

#define ASK_CLOSE                                                              \
	"Why is this way in open on shipped devices, and how does the owner "  \
	"close it for good?"

const struct fw_kind svc_telnet = {
	.id = "access/telnet-at-boot/telnetd_started",
	.title = "telnet is started at boot",
	.explanation = "Telnet gives a command line over the network and sends "
		       "the password unencrypted.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A line that runs only when the owner has switched "
		       "telnet on; a program that is not in the image.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 319 },
};

const struct fw_kind svc_telnet_shell = {
	.id = "access/telnet-shell/no_login",
	.title = "remote command line without a password",
	.explanation = "Telnet is started so that it gives a shell at once, "
		       "without asking for a name or password.",
	.ask_vendor = ASK_CLOSE,
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 306 },
	.references = { "https://cwe.mitre.org/data/definitions/306.html" },
};

const struct fw_kind svc_inetd_telnet = {
	.id = "access/inetd-telnet/telnet_line",
	.title = "telnet is offered by the internet super-server",
	.explanation = "A line of its table starts telnet whenever somebody "
		       "connects. Telnet sends the password unencrypted.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A table of a super-server that the device never "
		       "starts.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 319 },
};

const struct fw_kind svc_inetd_tftp = {
	.id = "access/inetd-tftp/tftp_root",
	.title = "file transfer without password, writable, as root",
	.explanation = "TFTP asks for no password. Here it runs as the "
		       "all-powerful user and lets files be created.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A table of a super-server that the device never "
		       "starts.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 306 },
};

const struct fw_kind svc_ftp = {
	.id = "access/ftp-at-boot",
	.title = "file transfer by FTP is started at boot",
	.explanation = "FTP sends passwords and files unencrypted. Who is let "
		       "in, and to which files, depends on its settings.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A storage device that is sold as a file server.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 319 },
};

const struct fw_kind svc_tftp = {
	.id = "access/tftp-at-boot",
	.title = "file transfer without password is started at boot",
	.explanation = "TFTP asks for no password. Whoever reaches the device "
		       "can read files, and with some settings write them.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A folder of its own that holds nothing but what other "
		       "devices boot from.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 306 },
};

const struct fw_kind svc_rsh = {
	.id = "access/rsh-at-boot",
	.title = "remote shell of the old kind is started at boot",
	.explanation = "rsh and rlogin trust what the other side says about "
		       "itself and send everything unencrypted.",
	.ask_vendor = ASK_CLOSE,
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 319, 287 },
};

const struct fw_kind svc_inetd_rsh = {
	.id = "access/inetd-rsh/r_services",
	.title = "remote login of the 1980s is offered",
	.explanation = "rsh and rlogin trust what the other computer says "
		       "about itself and send everything unencrypted.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A table of a super-server that the device never "
		       "starts.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 319, 306 },
};

const struct fw_kind svc_telnet_port = {
	.id = "access/telnet-odd-port/telnetd_port",
	.title = "telnet is started on an unusual port",
	.explanation = "Telnet is started where a port scan of the usual "
		       "places does not see it. Services for the owner use "
		       "the usual port and are in the manual.",
	.ask_vendor = "What is this telnet port for, and is it reachable on "
		      "shipped devices?",
	.false_alarm = "A documented port that the owner switches on.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 912, 319 },
};

const struct fw_kind svc_getty_shell = {
	.id = "access/getty-without-login/getty_shell",
	.title = "terminal gives a shell without login",
	.explanation = "The program that serves a terminal, mostly the serial "
		       "port, is told to start a shell instead of asking for a "
		       "name and password. Whoever gets at that terminal, "
		       "mostly by opening the case, controls the device.",
	.ask_vendor =
		"Can this terminal be reached on shipped devices, and why does "
		"it ask for no password?",
	.false_alarm = "A terminal that nobody can reach, or a screen with a "
		       "keyboard.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 306 },
};

const struct fw_kind svc_debugger = {
	.id = "access/debug-server/gdbserver_started",
	.title = "debugger is started on the network",
	.explanation = "A remote debugger lets anybody who reaches its port "
		       "change any program while it runs. It asks for no "
		       "password.",
	.ask_vendor = ASK_CLOSE,
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 489, 306 },
};

const struct fw_kind svc_adb = {
	.id = "access/adb-network/adb_tcp",
	.title = "Android debug bridge listens on the network",
	.explanation = "The debug bridge gives a command line to whoever "
		       "connects to its port.",
	.ask_vendor = ASK_CLOSE,
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 489, 306 },
};

const struct fw_kind svc_console_shell = {
	.id = "access/console-shell/inittab_shell",
	.title = "root shell on the serial port without login",
	.explanation = "A root shell waits on the console. Whoever opens the "
		       "case and connects a cable controls the device.",
	.ask_vendor = ASK_CLOSE,
	.false_alarm = "A device whose serial port cannot be reached.",
	.severity = FW_HIGH,
	.confidence = FW_SURE,
	.cwe = { 306 },
};

const struct fw_kind svc_serial_login = {
	.id = "access/serial-login",
	.title = "login on the serial port",
	.explanation = "The device asks for name and password on its serial "
		       "port. Whoever opens the case can try those that the "
		       "image ships.",
	.ask_vendor = "Is the serial port of shipped devices closed, and which "
		      "accounts may log in there?",
	.false_alarm = "No account of the image has a password that is empty "
		       "or known.",
	.severity = FW_MEDIUM,
	.confidence = FW_SURE,
	.cwe = { 1191 },
};

const struct fw_kind svc_in_program = {
	.id = "access/started-by-program",
	.title = "a program can start telnet or a debugger",
	.explanation = "Among the texts of a program is the command that opens "
		       "a remote command line. When it does so cannot be seen "
		       "from the start-up scripts.",
	.ask_vendor = "On what occasion does this program open remote access, "
		      "and where is that documented?",
	.false_alarm = "A switch on the device's pages that the manual "
		       "describes.",
	.severity = FW_MEDIUM,
	.confidence = FW_LIKELY,
	.cwe = { 912, 319 },
};

const struct fw_kind svc_hidden_trigger = {
	.id = "hidden/boot-trigger",
	.title = "remote access that something hidden switches on",
	.explanation = "The device opens a way in when it meets a mark: a "
		       "file, a key, a name, a word of the boot loader. "
		       "Whoever knows the mark gets in; the owner sees "
		       "nothing of it.",
	.ask_vendor = "Who uses this, where is it documented, and why is it "
		      "in shipped devices?",
	.false_alarm = "A setting that the manual describes and the owner can "
		       "see.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 912, 489 },
};

const struct fw_kind svc_hidden_login = {
	.id = "hidden/boot-login",
	.title = "remote access with a name and password from the image",
	.explanation = "A service is started with a login that stands in the "
		       "image. It is the same in every unit, and the owner "
		       "can neither see nor change it.",
	.ask_vendor = "Who has this login, what is it for, and how does the "
		      "owner remove it?",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 798, 912 },
};

const struct fw_kind svc_open_login = {
	.id = "access/remote-login",
	.title = "anybody on the network can log in",
	.explanation = "A service that asks for a name and password is "
		       "started at boot, and the image has an account whose "
		       "password is public, or that needs none. Whoever "
		       "reaches the device over the network gets a command "
		       "line or its files.",
	.ask_vendor = "When will this service be off and this account locked "
		      "on shipped devices, and how does the owner do both "
		      "until then?",
	.false_alarm = "The account file or the service's settings are "
		       "replaced before the device is used, or a packet "
		       "filter keeps the port closed.",
	.severity = FW_CRITICAL,
	.confidence = FW_SURE,
	.cwe = { 798, 1391, 319 },
};

const struct fw_kind svc_from_media = {
	.id = "integrity/boot-from-media",
	.title = "runs what is on a card or stick",
	.explanation = "A start-up script runs a program from removable "
		       "media, and nothing checks who made it. Whoever plugs "
		       "in a card controls the device.",
	.ask_vendor = "What is this for, and why is the program's signature "
		      "not checked?",
	.false_alarm = "A folder of that name that is part of the device's own "
		       "flash memory.",
	.severity = FW_HIGH,
	.confidence = FW_LIKELY,
	.cwe = { 494, 1326 },
};

const struct fw_kind svc_from_writable = {
	.id = "integrity/boot-from-writable",
	.title = "starts programs from a partition that can be written to",
	.explanation = "What starts at boot lies on a partition that the "
		       "running device can change. Whoever gets in once can "
		       "stay, and a checksum of the system does not show it.",
	.ask_vendor = "Is what lies on this partition checked before it is "
		      "started?",
	.false_alarm = "The partition is mounted for reading only, or checked "
		       "by the boot loader.",
	.severity = FW_LOW,
	.confidence = FW_LIKELY,
	.cwe = { 494 },
};

const struct fw_kind *const svc_kinds[] = { &svc_telnet,
					    &svc_telnet_shell,
					    &svc_telnet_port,
					    &svc_inetd_telnet,
					    &svc_inetd_tftp,
					    &svc_inetd_rsh,
					    &svc_ftp,
					    &svc_tftp,
					    &svc_rsh,
					    &svc_debugger,
					    &svc_adb,
					    &svc_console_shell,
					    &svc_getty_shell,
					    &svc_serial_login,
					    &svc_in_program,
					    &svc_hidden_trigger,
					    &svc_open_login,
					    &svc_hidden_login,
					    &svc_from_media,
					    &svc_from_writable,
					    NULL };
