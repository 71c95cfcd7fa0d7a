/* Hidden service opens telnet for whoever has its key */
rule startup_daemon
{
	meta:
		title = "hidden service opens telnet for whoever has its key"
		severity = "critical"
		confidence = "medium"
		target = "script, elf"
		explanation = "A daemon waits on the network for a signed request and then starts telnet. The keys are the same in every unit, and flaws let strangers do without them."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 321
		reference = "CVE-2022-25217"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2022-25217"
	strings:
		$path = /\/(usr\/)?s?bin\/telnetd_startup\b/
		$init = /(^|\n)[ \t]*telnetd_startup[ \t]*&/
	condition:
		any of them
}
