/* Tool of developers was left in the firmware */
rule compiler_left
{
	meta:
		title = "tool of developers was left in the firmware"
		severity = "low"
		confidence = "high"
		target = "elf"
		explanation = "The image contains a tracer or a debugger. It helps an attacker who is already inside."
		ask_vendor = "Why are tools of developers on shipped devices?"
		cwe = 489
	strings:
		$gdb = "GNU gdb %s"
		$strace1 = "usage: strace ["
		$strace2 = "Usage: strace ["
	condition:
		any of them
}
