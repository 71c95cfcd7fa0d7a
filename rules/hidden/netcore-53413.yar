/* Netcore and Netis back door on UDP port 53413 */
rule igdmptd
{
	meta:
		title = "Netcore and Netis back door on UDP port 53413"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config"
		explanation = "A hidden service listens to the whole internet on UDP port 53413 and runs any command for whoever knows its one fixed password. Criminals have scanned for it since 2014."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://www.trendmicro.com/en_us/research/14/h/netis-routers-leave-wide-open-backdoor.html"
	strings:
		$name = "igdmptd" fullword
	condition:
		$name
}
