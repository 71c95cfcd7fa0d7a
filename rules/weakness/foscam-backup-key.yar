/* Camera settings are encrypted with a public password */
rule backup_key
{
	meta:
		title = "camera settings are encrypted with a public password"
		severity = "medium"
		confidence = "high"
		target = "elf, script"
		explanation = "Everybody can read the passwords in a saved settings file, because its password is the same in every unit and published."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
	strings:
		$a = "BpP+2R9*Q"
	condition:
		$a
}
