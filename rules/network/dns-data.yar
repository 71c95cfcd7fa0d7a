/* Data is sent out inside name queries */
rule query_exfil
{
	meta:
		title = "data is sent out inside name queries"
		severity = "high"
		confidence = "medium"
		target = "script, elf"
		explanation = "A script puts the result of a command into a host name and asks for it. The server of that domain reads along."
		ask_vendor = "Who runs the domain, and what is sent?"
		cwe = 359
		cwe = 506
	strings:
		$a = /\b(nslookup|dig|host|ping)[ \t]+[^\n\x00;|]{0,30}["']?(\$\([^\n\x00)]{2,60}\)|`[^\n\x00`]{2,60}`)["']?\.[a-z0-9-]{1,40}(\.[a-z0-9-]{1,40}){0,3}\b/
	condition:
		$a
}
