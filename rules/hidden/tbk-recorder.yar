/* Secret request runs commands on recorders */
rule sos_command
{
	meta:
		title = "secret request runs commands on recorders"
		severity = "critical"
		confidence = "high"
		target = "elf, web"
		explanation = "A request with a secret word hands a value to the system as a command. Bot networks use it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 78
		cwe = 912
		reference = "CVE-2024-3721"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2024-3721"
	strings:
		$a = "___S_O_S_T_R_E_A_MAX___"
	condition:
		$a
}
