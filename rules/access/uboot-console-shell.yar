/* Boot arguments start a shell in place of the system */
rule init_shell
{
	meta:
		title = "boot arguments start a shell in place of the system"
		severity = "high"
		confidence = "high"
		target = "config, script, elf"
		explanation = "The kernel is told to start a shell instead of the system. Whoever has the console is root."
		ask_vendor = "Is this the boot setting of shipped devices?"
		cwe = 489
		cwe = 306
	strings:
		$a = /bootargs[^\n\x00]{0,300}[ "']r?d?init=\/bin\/(busybox[ \t]+)?(a|ba)?sh\b/
	condition:
		$a
}
