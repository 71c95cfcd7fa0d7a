/* Remote support page runs commands */
rule support_word
{
	meta:
		title = "remote support page runs commands"
		severity = "critical"
		confidence = "high"
		target = "elf, web"
		explanation = "A page of the router runs any command when the request contains a word that is the same in every unit and public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 78
		cwe = 798
	strings:
		$a = "#notenoughmineral^"
		$b = "!@dnjsrurelqjrm*&"
	condition:
		any of them
}
