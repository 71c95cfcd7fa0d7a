/* Script makes a second all-powerful account */
rule useradd_zero
{
	meta:
		title = "script makes a second all-powerful account"
		severity = "critical"
		confidence = "high"
		target = "script, elf"
		explanation = "An account with user number 0 is root under another name. Tools that look for root do not show it."
		ask_vendor = "What is this account for, and who can log in with it?"
		cwe = 912
		cwe = 250
	strings:
		$a = /\b(useradd|adduser|usermod)[ \t][^\n\x00;|&]{0,80}-(o[ \t]+-u|ou|u)[ \t]*0+[ \t]/
		$o = /\b(useradd|usermod)[ \t][^\n\x00;|&]{0,120}(-o\b|-ou\b|--non-unique)/
	condition:
		all of them
}
