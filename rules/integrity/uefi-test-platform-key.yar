/* Platform key of the firmware is a public test key */
rule test_key
{
	meta:
		title = "platform key of the firmware is a public test key"
		severity = "critical"
		confidence = "high"
		target = "uefi, kernel, key"
		explanation = "The key on which Secure Boot rests is an example of the maker of the firmware, marked as not to be shipped. Its private half has leaked, so anybody can sign boot programs."
		ask_vendor = "Which platform key do shipped units have, and how is it replaced?"
		cwe = 321
		reference = "CVE-2024-8105"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2024-8105"
	strings:
		$a = "DO NOT TRUST - AMI Test PK"
		$b = "DO NOT SHIP - "
		$c = "DO NOT TRUST - "
		$cn = { 06 03 55 04 03 }
	condition:
		$a or ($cn and any of ($b, $c))
}
