/* Helper program opens telnet on request */
rule open_telnet_helper
{
	meta:
		title = "helper program opens telnet on request"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "The start-up script of many recorders starts a helper that waits on port 9530 and opens telnet for a secret request."
		ask_vendor = "Is the helper still shipped, and is its port closed?"
		cwe = 912
		reference = "https://habr.com/en/articles/486856/"
	strings:
		$a = /(^|[\n;&|])[ \t]*(\/bin\/)?(macGuarder|dvrHelper)[ \t&\n]/
		$b = /(^|[\n;&|])[ \t]*(\/[a-z\/]{1,20}\/)?dvrHelper[ \t]+\/[^\n]{0,80}\/(Sofia|dvrbox)\b/
	condition:
		any of them
}
