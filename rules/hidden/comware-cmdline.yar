/* Hidden developer mode of switches */
rule developer_mode
{
	meta:
		title = "hidden developer mode of switches"
		severity = "high"
		confidence = "high"
		target = "elf, kernel"
		explanation = "The switch has a command, missing from the manual, that opens all internal functions. Its password is the same in every unit and public."
		ask_vendor = "Who is meant to use this mode, and can the owner switch it off or change its password?"
		cwe = 912
		cwe = 798
	strings:
		$a = "_cmdline-mode"
		$b = "Jinhua1920unauthorized"
		$c = "foes-bent-pile-atom-ship"
		$d = "512900" fullword
	condition:
		$b or $c or ($a and $d)
}
