/* Signatures of packages are not checked */
rule check_off
{
	meta:
		title = "signatures of packages are not checked"
		severity = "medium"
		confidence = "high"
		target = "config"
		explanation = "The package manager is told not to check signatures, so it installs what anybody offers."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
	strings:
		$a = /(^|\n)[ \t]*option[ \t]+check_signature[ \t]+["\']?0\b/
	condition:
		$a
}
