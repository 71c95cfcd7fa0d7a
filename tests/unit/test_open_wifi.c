/* test_open_wifi.c - settings of open access points, and of others */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memory.h"

extern const struct fw_analyzer fw_analyzer_open_wifi;

static const struct row {
	const char *path, *within, *text, *detail; /* NULL: silent */
} rows[] = {
	{ "/etc/wsc.txt", "squashfs",
	  "# SSID=Sample\nSSID=SetupAP\nKEY_MGMT=OPEN\nNW_KEY=\n",
	  "SSID=SetupAP, encryption off" },
	{ "/etc/config/wireless", "squashfs",
	  "config wifi-iface\n\toption mode ap\n\toption ssid 'Home'\n"
	  "\toption encryption 'none'\n",
	  "option ssid 'Home'" },
	{ "/etc/RT2860AP.dat", "cramfs",
	  "SSID1=x\nSSID=Device\nAuthMode=OPEN\nEncrypType=NONE\nWPAPSK=\n",
	  "SSID=Device" },
	{ "/etc/hostapd.conf", "squashfs",
	  "interface=wlan0\nssid=cam\nwpa=0\nchannel=1\n", "ssid=cam" },
	/* A key, encryption, off, no name, nothing said. */
	{ "/etc/wsc.txt", "squashfs",
	  "SSID=SetupAP\nKEY_MGMT=OPEN\nNW_KEY=secret\n", NULL },
	{ "/etc/hostapd.conf", "squashfs", "ssid=cam\nwpa=2\n", NULL },
	{ "/etc/config/wireless", "squashfs",
	  "option ssid Home\noption encryption none\noption disabled 1\n",
	  NULL },
	{ "/etc/wsc.txt", "squashfs", "SSID=\nKEY_MGMT=OPEN\nNW_KEY=\n", NULL },
	{ "/etc/wsc.txt", "squashfs", "BSSID=1\nKEY_MGMT=OPEN\nKEY=\n", NULL },
	{ "/etc/RT2870AP.dat", "squashfs", "SSID=AP\nAuthMode=OPEN\nWPAPSK=\n",
	  NULL },
	/* What a client joins; scripts; manuals; the owner's. */
	{ "/etc/wpa.conf", "squashfs",
	  "network={\n\tssid=\"Cafe\"\n\tkey_mgmt=NONE\n}\n", NULL },
	{ "/sbin/wifi", "squashfs", "#!/bin/sh\nssid=$1\nencryption=none\n",
	  NULL },
	{ "/usr/share/doc/x/wsc.txt", "squashfs",
	  "SSID=SetupAP\nKEY_MGMT=OPEN\nNW_KEY=\n", NULL },
	{ "/etc/wsc.txt", "jffs2", "SSID=SetupAP\nKEY_MGMT=OPEN\nNW_KEY=\n",
	  NULL },
	/* Not text, empty, cut. */
	{ "/etc/x", "squashfs", "\001\002SSID=SetupAP\001KEY_MGMT=OPEN\n",
	  NULL },
	{ "/etc/x", "squashfs", "", NULL },
	{ "/etc/x", "squashfs", "option \noption ssid\n=\n==\nssid=", NULL },
};

static void open_and_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fw_meta meta = FW_META(.name = "x", .type = FW_FILE);
		struct fw_mem m = { 0 };
		struct fw_object o = { .bytes = fw_view_str(rows[i].text),
				       .path = rows[i].path,
				       .within = rows[i].within,
				       .meta = &meta };

		if (fw_analyzer_open_wifi.wants(&o))
			fw_analyzer_open_wifi.inspect(&o,
						      fw_mem_out(&m, o.bytes));
		print_message("%zu %s\n", i, rows[i].path);
		assert_int_equal(m.finding_count, rows[i].detail != NULL);
		if (rows[i].detail != NULL)
			assert_non_null(
				strstr(m.findings[0].detail, rows[i].detail));
		fw_mem_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_and_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
