/* File is encrypted with a password that stands beside it */
rule pass_on_line
{
	meta:
		title = "file is encrypted with a password that stands beside it"
		severity = "medium"
		confidence = "medium"
		target = "script, elf"
		explanation = "A script encrypts or decrypts with a password written into the script itself, which protects nothing."
		ask_vendor = "Is the password the same in every unit?"
		cwe = 321
	strings:
		$a = /\bopenssl[ \t]+(enc|aes|des|bf|rc)[^\n\x00]{0,160}[ \t](-k[ \t]+|-K[ \t]+|-pass[ \t]+["\']?pass:)["\']?[^\s$"\'%<`\-]{4}/
	condition:
		$a
}
