/* Remote login of the 1980s is offered */
rule r_services
{
	meta:
		title = "remote login of the 1980s is offered"
		severity = "high"
		confidence = "high"
		target = "config, script"
		explanation = "rsh and rlogin trust what the other computer says about itself and send everything unencrypted."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 319
		cwe = 306
	strings:
		$a = /(^|\n)[ \t]*(shell|login|exec)[ \t]+stream[ \t]+tcp6?[ \t]+nowait[^\n]{0,12}[ \t]+root[ \t]+[^\n]{0,60}\b(in\.)?r(sh|login|exec)d\b/
	condition:
		$a
}
