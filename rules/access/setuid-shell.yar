/* Shell becomes all-powerful for everybody */
rule chmod_shell
{
	meta:
		title = "shell becomes all-powerful for everybody"
		severity = "critical"
		confidence = "high"
		target = "script, elf"
		explanation = "A script marks a shell so that anybody who starts it becomes the all-powerful user. This is a lasting back door for whoever got in as an ordinary user."
		ask_vendor = "Why does an ordinary user need a shell with all rights?"
		cwe = 250
		cwe = 506
	strings:
		$a = /\bchmod[ \t]+([ugoa]{0,3}\+[rwx]{0,3}s[rwx]{0,3}|0?[4-7][0-7]{3})[ \t]+[^\n\x00; \t]{0,40}\/(ba|a|da|k)?sh([ \t\n\x00;&"']|$)/
	condition:
		$a
}
