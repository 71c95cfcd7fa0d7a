/* Web login is skipped for one secret browser name */
rule roodkcab
{
	meta:
		title = "web login is skipped for one secret browser name"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The web server of the device compares the name that a browser gives with a secret word and opens the administration pages without a password when it fits. Anyone who knows the word owns the device."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2013-6026"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2013-6026"
	strings:
		$ua = "xmlset_roodkcableoj28840ybtide"
	condition:
		$ua
}
