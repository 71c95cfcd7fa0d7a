/* Backup of the settings is encrypted with a public key */
rule des_key
{
	meta:
		title = "backup of the settings is encrypted with a public key"
		severity = "high"
		confidence = "medium"
		target = "elf"
		explanation = "Everybody can read the passwords in a saved settings file, because the key is the same in every unit and is published."
		ask_vendor = "Why is the key the same in all units?"
		cwe = 321
	strings:
		$k = { 47 8d a5 0b f9 e3 d2 cf }
	condition:
		$k
}
