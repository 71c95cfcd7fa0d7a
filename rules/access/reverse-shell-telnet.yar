/* Shell stands between two telnet connections */
rule telnet_pipe
{
	meta:
		title = "shell stands between two telnet connections"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The output of one connection goes into a shell, and the shell's answers into another. This is a remote command line without login."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
	strings:
		$a = /\b(telnet|nc|ncat)[ \t]+[^\n\x00|;]{3,60}\|[ \t]*(busybox[ \t]+)?(\/bin\/)?(ba|a)?sh([ \t][^\n\x00|;]{0,20})?\|[ \t]*(busybox[ \t]+)?(telnet|nc|ncat)[ \t]/
	condition:
		$a
}
