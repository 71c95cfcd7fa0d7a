/* Telnet is started on an unusual port */
rule telnetd_port
{
	meta:
		title = "telnet is started on an unusual port"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "Telnet is started where a port scan of the usual places does not see it. Services for the owner use the usual port and are in the manual."
		ask_vendor = "What is this second telnet port for, and is it reachable on shipped devices?"
		false_alarm = "A documented port that the owner switches on."
		cwe = 912
		cwe = 319
	strings:
		$a = /(^|\n|[;&|{(]|then|else|do)[ \t]*(\/(usr\/)?s?bin\/)?(busybox[ \t]+)?(utelnetd|telnetd)[ \t][^\n\x00;|&#]{0,60}-p[ \t]*[0-9]{3,5}\b/
		$usual = /(utelnetd|telnetd)[ \t][^\n\x00;|&#]{0,60}-p[ \t]*(0023|23)\b/
	condition:
		#a > #usual
}
