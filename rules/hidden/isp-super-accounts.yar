/* Super account that internet providers use */
rule operator_password
{
	meta:
		title = "super account that internet providers use"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "Fibre and DSL boxes of large providers have a second administrator with a password that is the same everywhere and public. The owner does not see it in the settings."
		ask_vendor = "Is this account active on shipped devices, from which networks, and how does the owner change its password?"
		cwe = 798
		cwe = 912
	strings:
		$cm = "aDm8H%MdA"
		$ct = "nE7jA%5m"
		$hw = "admintelecom" fullword
	condition:
		any of them
}
