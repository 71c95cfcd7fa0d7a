/* Android carries a program that makes anybody root */
rule su_daemon
{
	meta:
		title = "Android carries a program that makes anybody root"
		severity = "high"
		confidence = "high"
		target = "elf, script"
		explanation = "The program gives all rights to any app that asks."
		ask_vendor = "Why is this on shipped devices?"
		cwe = 250
	strings:
		$a = "eu.chainfire.supersu"
		$b = "com.noshufou.android.su"
		$c = "com.koushikdutta.superuser"
		$d = "daemonsu" fullword
	condition:
		any of them
}
