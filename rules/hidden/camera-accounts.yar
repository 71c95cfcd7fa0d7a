/* Fixed maintenance account of network cameras */
rule fixed_account
{
	meta:
		title = "fixed maintenance account of network cameras"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "The program contains the password of a maintenance account that is the same in every unit and has been public for years."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
	strings:
		$a = "ftvsbannedcode"
		$b = "erutcafunam"
		$c = "3sadmin" fullword
	condition:
		any of them
}
