/* Awk program runs commands from the network */
rule awk_inet
{
	meta:
		title = "awk program runs commands from the network"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "awk opens a network connection by itself and runs what comes in. No other tool is needed, so such a line is easily overlooked."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
	strings:
		$inet = /["']\/inet[46]?\/(tcp|udp)\/[^"'\n]{1,60}["']/
		$run = /\|&[ ]?getline|while[ ]?\(\(?[^\n)]{1,24}\|[ ]?&?[ ]?getline/
		$cmd = /\bsystem\([ ]?(\$0|c|cmd|s)[ ]?\)|\b(c|cmd|line)[ ]?\|[ ]?getline/
	condition:
		all of them
}
