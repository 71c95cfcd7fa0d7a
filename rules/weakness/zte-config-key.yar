/* Settings are encrypted with a public key */
rule config_key
{
	meta:
		title = "settings are encrypted with a public key"
		severity = "medium"
		confidence = "high"
		target = "elf"
		explanation = "Everybody can read the passwords in a saved settings file, because the key is the same in every unit and published."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
		reference = "https://github.com/mkst/zte-config-utility"
	strings:
		$a = "MIK@0STzKpB%qJZe"
		$b = "MIK@0STzKpB%qJZf"
	condition:
		any of them
}
