/* Login is told that the password was checked */
rule login_f
{
	meta:
		title = "login is told that the password was checked"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The login program is started with the option that skips the password. Whoever reaches this terminal or port is let in."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /\blogin["']?[ \t]+-f[ \t]*["']?(root|admin)\b/
		$b = /\btelnetd\b[^\n\x00;|&]{0,80}-l[ \t]*["']?[^\n\x00"' \t]{0,30}\/autologin\b/
	condition:
		any of them
}
