/* Settings are encrypted with a public key */
rule aes_string
{
	meta:
		title = "settings are encrypted with a public key"
		severity = "medium"
		confidence = "high"
		target = "elf, config"
		explanation = "Everybody can read the passwords in a saved settings file, because the key is the same in every unit and published."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
	strings:
		$a = "13395537D2730554A176799F6D56A239"
	condition:
		$a
}
