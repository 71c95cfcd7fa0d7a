/* Text from outside is quoted into a shell command */
rule quoted_value
{
	meta:
		title = "text from outside is quoted into a shell command"
		severity = "medium"
		confidence = "medium"
		target = "elf"
		explanation = "The program builds a command in which a value stands between quotation marks and passes on to another program. A quotation mark in the value ends the protection."
		ask_vendor = "Where does the text come from that is put in here, and what checks it?"
		cwe = 78
	strings:
		$system = "system" fullword
		$popen = "popen" fullword
		$a = /\x00echo "%s" ?\| ?[a-z]{3,12}[ \x00]/
	condition:
		$a and any of ($system, $popen)
}
