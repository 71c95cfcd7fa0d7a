/* Secret for a hidden SSH account */
rule challenge_secret
{
	meta:
		title = "secret for a hidden SSH account"
		severity = "critical"
		confidence = "high"
		target = "elf, any"
		explanation = "With this word anybody can compute the answer to the login question of a hidden management account and gets a command line."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2016-1909"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-1909"
	strings:
		$p = "FGTAbc11*xy+Qqz27"
	condition:
		$p
}
