/* Telnet is started at boot */
rule telnetd_started
{
	meta:
		title = "telnet is started at boot"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "Telnet gives a command line over the network and sends the password unencrypted."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		false_alarm = "Lines that run only when the owner has switched telnet on."
		cwe = 319
	strings:
		$a = /(^|\n|[;&|][ \t]*|then[ \t]+)[ \t]*(\/(usr\/)?s?bin\/)?(busybox[ \t]+)?telnetd\b[^\n(){]{0,100}(\r?\n|&|$)/
	condition:
		$a and assay_in_init
}
