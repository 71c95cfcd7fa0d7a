/* Hidden command opens a shell */
rule v54_shell
{
	meta:
		title = "hidden command opens a shell"
		severity = "high"
		confidence = "high"
		target = "elf"
		explanation = "The command line of the access point knows a word that is not in the manual and opens an unrestricted shell."
		ask_vendor = "Who is meant to use this command, and can the owner switch it off?"
		cwe = 912
	strings:
		$a = "!v54!"
	condition:
		$a
}
