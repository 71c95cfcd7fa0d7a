/* Switch password is only disguised on the network */
rule nsdp_key
{
	meta:
		title = "switch password is only disguised on the network"
		severity = "medium"
		confidence = "high"
		target = "elf, kernel"
		explanation = "Programs send the password of the switch disguised with a published constant. Whoever listens reads it."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
	strings:
		$a = "NtgrSmartSwitchRock"
	condition:
		$a
}
