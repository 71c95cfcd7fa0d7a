/* services_kinds.h - what the correlator "services" can claim */
#ifndef FW_ANALYZERS_SERVICES_KINDS_H
#define FW_ANALYZERS_SERVICES_KINDS_H

#include "core/object.h"

extern const struct fw_kind svc_telnet, svc_telnet_shell, svc_inetd_telnet,
	svc_inetd_tftp, svc_ftp, svc_tftp, svc_rsh, svc_inetd_rsh,
	svc_telnet_port, svc_getty_shell, svc_in_program, svc_debugger, svc_adb,
	svc_console_shell, svc_serial_login, svc_hidden_trigger, svc_open_login,
	svc_hidden_login, svc_from_media, svc_from_writable;

#endif
