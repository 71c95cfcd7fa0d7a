/* Telnet password of a camera maker */
rule maker_password
{
	meta:
		title = "telnet password of a camera maker"
		severity = "critical"
		confidence = "high"
		target = "elf, config"
		explanation = "The program contains a telnet login that all cameras of its maker share. It is public and used in attacks."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		cwe = 912
		reference = "https://github.com/jgamblin/Mirai-Source-Code"
	strings:
		$v15 = "vstarcam2015" fullword
		$p15 = "20150602" fullword
		$v17 = "vstarcam2017" fullword
		$p17 = "20170912" fullword
		$jov = "jvtsmart123" fullword
	condition:
		($v15 and $p15) or ($v17 and $p17) or $jov
}
