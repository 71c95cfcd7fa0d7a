/* Firewall copies the traffic to another computer */
rule tee_target
{
	meta:
		title = "firewall copies the traffic to another computer"
		severity = "high"
		confidence = "medium"
		target = "script, config, elf"
		explanation = "A rule of the firewall sends a copy of each packet to another address."
		ask_vendor = "Who receives the copy, and can the owner see and remove the rule?"
		cwe = 359
	strings:
		$a = /\bip6?tables[ \t][^\n\x00#]{0,160}-j[ \t]+TEE[ \t][^\n\x00#]{0,60}--gateway[ \t]/
	condition:
		$a
}
