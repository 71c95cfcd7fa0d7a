/* Script switches protections of the kernel off */
rule protections_off
{
	meta:
		title = "script switches protections of the kernel off"
		severity = "high"
		confidence = "medium"
		target = "script, elf"
		explanation = "The script switches off what keeps programs from each other: SELinux, or the rule that modules must be signed."
		ask_vendor = "Why does the device switch this off, and when?"
		cwe = 693
	strings:
		$a = /(^|[\n\x00;&|]|then|else|do)[ \t]*(\/(usr\/)?s?bin\/)?setenforce[ \t]+(0|Permissive)\b/
		$b = /\bkernel\.(modules_disabled|yama\.ptrace_scope|randomize_va_space)[ \t]*=[ \t]*0[^\n\x00]{0,40}sysctl|sysctl[ \t]+(-q[ \t]+)?-w[ \t]+kernel\.randomize_va_space=0/
		$c = /\becho[ \t]+0[ \t]*>[ \t]*\/proc\/sys\/kernel\/randomize_va_space/
	condition:
		any of them
}
