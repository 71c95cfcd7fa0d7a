/* Script removes the password of root */
rule passwd_d
{
	meta:
		title = "script removes the password of root"
		severity = "high"
		confidence = "high"
		target = "script, elf"
		explanation = "After this command the all-powerful account needs no password."
		ask_vendor = "When does this run, and how is the account protected afterwards?"
		cwe = 258
	strings:
		$a = /(^|\n|[;&|{(]|then|else|do|\x00)[ \t]*(\/usr)?(\/bin\/)?(busybox[ \t]+)?passwd[ \t]+(-q[ \t]+)?(-d|--delete)[ \t]+(root|admin)\b/
		$sed = /\bsed[ \t][^\n\x00]{0,40}s[\/|#,@]\^?(root|admin):(x|\*|!|\[\^:\]\*|\.\*):[\/|#,@]?[^\n\x00]{0,4}(root|admin)::[^\n\x00]{0,60}(passwd|shadow)\b/
	condition:
		any of them
}
