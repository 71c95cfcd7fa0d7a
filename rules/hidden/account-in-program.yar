/* Program writes an all-powerful account */
rule passwd_line
{
	meta:
		title = "program writes an all-powerful account"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "A program carries a ready account line with user number 0 and its password hash, together with the name of the account file. It can put this account back whenever it runs, whatever the owner changes."
		ask_vendor = "When does this program write the account, what is the password, and who knows it?"
		cwe = 912
		cwe = 798
	strings:
		$line = /[a-zA-Z_][a-zA-Z0-9_-]{0,15}:(\$(1|5|6|2[aby]|y)\$[^:\s]{8,100}|[.\/0-9A-Za-z]{13}):0:0:[^:\n]{0,40}:\/[^:\n]{0,30}:\/(bin|usr\/bin)\/(a|ba)?sh/
		$file = "/etc/passwd"
	condition:
		all of them
}
