/* Page of routers runs a value of the request */
rule ttcp_ip
{
	meta:
		title = "page of routers runs a value of the request"
		severity = "critical"
		confidence = "medium"
		target = "elf, web"
		explanation = "The pages tmUnblock.cgi and hndUnblock.cgi put a value of the request into a command. The worm TheMoon has spread through them."
		ask_vendor = "Does this version check the value ttcp_ip before it is used?"
		false_alarm = "A corrected version keeps the same names."
		cwe = 78
		reference = "https://www.exploit-db.com/exploits/31683"
	strings:
		$a = "tmUnblock.cgi"
		$b = "hndUnblock.cgi"
		$v = "ttcp_ip"
	condition:
		$v and any of ($a, $b)
}
