/* Program manages the device over the network with default SNMP passwords */
rule communities_in_program
{
	meta:
		title = "network management with the passwords that everybody knows"
		severity = "medium"
		confidence = "medium"
		target = "elf"
		explanation = "SNMP lets others read, and often change, the settings of the device. This program carries the community names \"public\" and \"private\", which are the first that anybody tries."
		ask_vendor = "Is SNMP on when the device is new, and does each device get community names of its own?"
		false_alarm = "SNMP is off until the owner turns it on and is made to choose the names."
		per = "image"
		cwe = 1392
		cwe = 1188
	strings:
		$read = "\x00public\x00"
		$write = "\x00private\x00"
		$a = "get_community" nocase
		$b = "set_community" nocase
		$c = "read_community" nocase
		$d = "write_community" nocase
		$e = "ro_community" nocase
		$f = "rw_community" nocase
		$g = "getCommunity"
		$h = "setCommunity"
	condition:
		$read and $write and 2 of ($a, $b, $c, $d, $e, $f, $g, $h)
}
