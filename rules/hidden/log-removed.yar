/* Script erases the records of logins */
rule login_log_wipe
{
	meta:
		title = "script erases the records of logins"
		severity = "high"
		confidence = "medium"
		target = "script, elf"
		explanation = "The files that record who logged in are emptied. Somebody does not want to be seen."
		ask_vendor = "Why are these records removed?"
		cwe = 778
		cwe = 506
		reference = "https://attack.mitre.org/techniques/T1070/002/"
	strings:
		$a = /(cat[ \t]+\/dev\/null|echo[ \t]*(-n[ \t]*)?["']{0,2}|:)[ \t]*>[ \t]*\/var\/log\/(wtmp|btmp|lastlog|auth\.log|secure)\b/
		$b = /\b(rm|shred|unlink)[ \t]+(-[a-z]{1,4}[ \t]+){0,2}[^\n\x00;]{0,40}\/var\/(log\/(wtmp|lastlog|auth\.log|secure)|run\/utmp)\b/
	condition:
		any of them
}
