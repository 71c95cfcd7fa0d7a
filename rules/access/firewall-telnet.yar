/* Firewall is opened for telnet */
rule accept_telnet
{
	meta:
		title = "firewall is opened for telnet"
		severity = "medium"
		confidence = "high"
		target = "script, config, elf"
		explanation = "A script lets connections to the telnet port through the firewall."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 284
	strings:
		$a = /\bip6?tables[ \t][^\n\x00#]{0,120}--dport[ \t]+(23|2323)[ \t][^\n\x00#]{0,60}-j[ \t]+ACCEPT/
	condition:
		$a
}
