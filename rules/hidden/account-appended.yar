/* Script adds an all-powerful account */
rule passwd_line
{
	meta:
		title = "script adds an all-powerful account"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "A script writes a further account with user number 0 into the list of accounts. It has all rights under another name, which the settings do not show."
		ask_vendor = "What is this account for, who knows its password, and how does the owner remove it?"
		cwe = 912
		cwe = 798
	strings:
		$a = /\b(echo|printf)[ \t]+(-[a-z]{1,2}[ \t]+)?["']?[A-Za-z_][A-Za-z0-9_.-]{0,24}:[^:\n\x00]{0,100}:0+:[0-9]{1,6}:[^\n\x00]{0,120}>>[ \t]*["']?[^\n\x00; \t]{0,40}\/passwd\b/
		$root = /\b(echo|printf)[ \t]+(-[a-z]{1,2}[ \t]+)?["']?root:[^:\n\x00]{0,100}:0+:[0-9]{1,6}:[^\n\x00]{0,120}>>[ \t]*["']?[^\n\x00; \t]{0,40}\/passwd\b/
	condition:
		#a > #root
}
