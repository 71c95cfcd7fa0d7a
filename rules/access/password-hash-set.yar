/* Script replaces the password of an account */
rule shadow_edit
{
	meta:
		title = "script replaces the password of an account"
		severity = "high"
		confidence = "high"
		target = "script, elf"
		explanation = "A script puts a fixed password hash into the list of accounts. The password is the same in every unit, and a change by the owner is undone."
		ask_vendor = "Which password is this, is it the same in every unit, and when does the script run?"
		cwe = 798
	strings:
		$sed = /\bsed[ \t][^\n\x00]{0,60}s[\/|#,@]\^?(root|admin|\([^\n\x00)]{1,20}\)):[^\n\x00]{0,60}(\$(1|5|6|y|2[aby])\$[A-Za-z0-9.\/]{2,16}\$[A-Za-z0-9.\/]{20,90}|:[A-Za-z0-9.\/]{13}:)[^\n\x00]{0,80}(passwd|shadow)\b/
		$mod = /\b(usermod|useradd|adduser)[ \t][^\n\x00;|]{0,80}(-p|--password)[ \t=]+["']?\\?\$(1|5|6|y|2[aby])\\?\$[A-Za-z0-9.\/]{2,16}\\?\$/
		$chp = /echo[ \t]+["']?[a-z]{2,16}:\\?\$(1|5|6|y)\\?\$[^\n\x00]{10,120}\|[ \t]*chpasswd[ \t]+-e\b/
	condition:
		any of them
}
