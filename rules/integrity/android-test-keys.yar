/* Android system is signed with public keys */
rule test_keys
{
	meta:
		title = "Android system is signed with public keys"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "The keys of the Android sources are public. Anybody can make updates and system programs that the device accepts."
		ask_vendor = "Which keys sign the system and its updates?"
		cwe = 321
	strings:
		$a = /(^|\n)ro\.(system\.|vendor\.|product\.)?build\.tags=test-keys(\r?\n|$)/
	condition:
		$a
}
