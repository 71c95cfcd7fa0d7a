/* Camera settings are encrypted with a public key */
rule config_key
{
	meta:
		title = "camera settings are encrypted with a public key"
		severity = "medium"
		confidence = "high"
		target = "elf"
		explanation = "Everybody can read the passwords in a saved settings file, because the key is the same in every unit and published."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
		reference = "CVE-2017-7923"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-7923"
	strings:
		$a = { 27 99 77 f6 2f 6c fd 2d 91 cd 75 b8 89 ce 0c 9a }
		$b = "279977f62f6cfd2d91cd75b889ce0c9a" nocase
	condition:
		any of them
}
