/* Network request is put into a shell command */
rule soap_action
{
	meta:
		title = "network request is put into a shell command"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The management protocol HNAP puts the name of the requested action into a command line, before any login is checked."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		false_alarm = "A corrected version checks the name first and keeps the text."
		cwe = 78
		reference = "CVE-2015-2051"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2015-2051"
	strings:
		$a = "sh %s%s.sh > /dev/console"
		$b = "SOAPACTION" nocase
		$c = "HNAP"
	condition:
		$a and any of ($b, $c)
}
