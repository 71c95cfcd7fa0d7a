/* Text message can start commands */
rule sms_shell
{
	meta:
		title = "text message can start commands"
		severity = "high"
		confidence = "low"
		target = "elf, script"
		explanation = "The program reads text messages and has commands for a remote command line or for the update in it. Whoever knows the number and the words can control the device."
		ask_vendor = "Which messages does the device obey, from which senders?"
		cwe = 912
	strings:
		$r1 = "AT+CMGR"
		$r2 = "AT+CMGL"
		$r3 = "+CMTI:"
		$x1 = "telnetd"
		$x2 = "/bin/sh -c %s"
		$x3 = "tcpdump -"
	condition:
		any of ($r*) and any of ($x*)
}
