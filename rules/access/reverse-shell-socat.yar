/* Socat hands a shell to the network */
rule socat_exec
{
	meta:
		title = "socat hands a shell to the network"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "socat joins a network connection with a command line. Whoever is at the other end controls the device without a login."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
		cwe = 306
	strings:
		$a = /\bsocat[ \t][^\n\x00]{0,160}\b(EXEC|SYSTEM|exec|system):["']?(\/usr)?(\/bin\/)?(busybox[ \t]+)?(ba|a)?sh\b/
		$net = /\b(TCP[46]?|UDP[46]?|OPENSSL|SSL|SCTP|tcp[46]?|udp[46]?|openssl)(-(LISTEN|CONNECT|L|listen|connect))?:/
	condition:
		all of them
}
