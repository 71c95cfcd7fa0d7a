/* Telnet is offered by the internet super-server */
rule telnet_line
{
	meta:
		title = "telnet is offered by the internet super-server"
		severity = "medium"
		confidence = "high"
		target = "config, script"
		explanation = "A line of inetd.conf starts telnet whenever somebody connects. Telnet sends the password unencrypted."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 319
	strings:
		$a = /(^|\n)[ \t]*(telnet|23)[ \t]+stream[ \t]+tcp6?[ \t]+nowait/
	condition:
		$a
}
