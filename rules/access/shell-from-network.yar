/* What comes in from the network is run */
rule nc_to_shell
{
	meta:
		title = "what comes in from the network is run"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "A program listens on the network and hands every line to a shell. Anybody who reaches the port can give commands."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
		cwe = 306
	strings:
		$a = /\b(nc|ncat|netcat)[ \t]+[^\n\x00|;]{0,20}-[a-z]{0,4}l[^\n\x00|;]{0,60}\|[ \t]*(\/bin\/)?(ba|a)?sh[ \t\n\x00;&"']/
	condition:
		$a
}
