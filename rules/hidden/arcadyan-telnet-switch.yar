/* Hidden setting starts telnet */
rule telnet_setting
{
	meta:
		title = "hidden setting starts telnet"
		severity = "high"
		confidence = "medium"
		target = "elf, web, config"
		explanation = "The settings know a switch for telnet that no page shows. Together with a flaw of the web pages strangers have used it to get a command line."
		ask_vendor = "Which function sets this switch, and who may do so?"
		cwe = 912
		cwe = 489
		reference = "CVE-2021-20091"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2021-20091"
	strings:
		$a = "ARC_SYS_TelnetdEnable"
	condition:
		$a
}
