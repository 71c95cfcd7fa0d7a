/* Script puts code into every program that starts */
rule ld_so_preload
{
	meta:
		title = "script puts code into every program that starts"
		severity = "high"
		confidence = "medium"
		target = "script, elf"
		explanation = "A library named in /etc/ld.so.preload is loaded into every program and can change what it does or shows. Rootkits work this way."
		ask_vendor = "What does the library change, and why is it not part of the programs?"
		cwe = 912
		cwe = 829
	strings:
		$a = />>?[ \t]*["\']?\/etc\/ld\.so\.preload\b/
	condition:
		$a
}
