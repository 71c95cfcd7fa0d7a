/* Passwords are only disguised */
rule user_file
{
	meta:
		title = "passwords are only disguised"
		severity = "medium"
		confidence = "high"
		target = "elf"
		explanation = "The list of users is disguised with a constant that is published. Whoever gets the file reads the passwords."
		ask_vendor = "Why is the key the same in all units, and what does it protect?"
		cwe = 321
		reference = "https://github.com/BigNerd95/WinboxExploit"
	strings:
		$a = "283i4jfkai3389"
	condition:
		$a
}
