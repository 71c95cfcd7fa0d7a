/* Root password of fibre boxes */
rule zte_root
{
	meta:
		title = "root password of fibre boxes"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "The program contains the root password that many fibre boxes of this maker share. It is public and used in attacks."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		cwe = 912
		reference = "https://github.com/jgamblin/Mirai-Source-Code"
	strings:
		$a = "Zte521" fullword
		$b = "W!n0&oO7."
	condition:
		any of them
}
