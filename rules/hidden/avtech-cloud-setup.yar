/* Page of cameras runs a command from the request */
rule exefile
{
	meta:
		title = "page of cameras runs a command from the request"
		severity = "critical"
		confidence = "high"
		target = "elf, web"
		explanation = "The page CloudSetup.cgi runs what stands in the web request. On many models it also needs no login."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 78
		reference = "https://www.exploit-db.com/exploits/40500"
	strings:
		$a = "exefile" fullword
		$b = "CloudSetup.cgi"
	condition:
		all of them
}
