/* Web page that switches on a remote command line */
rule telnet_cgi
{
	meta:
		title = "web page that switches on a remote command line"
		severity = "high"
		confidence = "medium"
		target = "elf"
		explanation = "A web request starts telnet on the device. Such pages are seldom in the manual and often need no login."
		ask_vendor = "Which documented page is this, who may call it, and can the owner disable it?"
		false_alarm = "A documented page that only the logged-in owner can use."
		cwe = 912
		cwe = 489
	strings:
		$cgi = /[a-z_]{0,24}telnet[a-z_]{0,24}\.(cgi|asp|gch|php)/ nocase
	condition:
		$cgi
}
