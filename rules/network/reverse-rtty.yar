/* Terminal of the device is offered on a server outside */
rule remote_terminal
{
	meta:
		title = "terminal of the device is offered on a server outside"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "A program keeps a connection to a server outside, where somebody can open a command line of the device in a web browser."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
		cwe = 306
	strings:
		$a = /(^|[\n;&|`(]|then|else|do)[ \t]*(\/[a-z\/]{1,20}\/)?rtty[ \t]+[^\n#]{0,80}-h[ \t]*["']?[A-Za-z0-9$]/
		$b = /(^|[\n;&|`(]|then|else|do)[ \t]*(\/[a-z\/]{1,20}\/)?(tmate|ttyd|gotty|shellinaboxd|gs-netcat)[ \t]+(-[^\n#]{1,100}|[^\n#]{0,60}\b(ba|a)?sh\b)/
	condition:
		any of them
}
