/* Web page that runs any command */
rule system_command
{
	meta:
		title = "web page that runs any command"
		severity = "high"
		confidence = "high"
		target = "elf, web"
		explanation = "The web server has a form handler named SystemCommand that runs what is typed into it as the all-powerful user. It comes from the chip maker and has no place in a product."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 78
	strings:
		$h = "goform/SystemCommand"
		$p = "system_command.asp"
	condition:
		any of them
}
