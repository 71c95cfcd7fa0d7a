/* Netcat hands a shell to the network */
rule nc_exec
{
	meta:
		title = "netcat hands a shell to the network"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "Netcat is told to connect a shell to the network. This is the plainest of back doors."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 506
		cwe = 306
	strings:
		$a = /\b(nc|ncat|netcat)[ \t][^\n\x00;|]{0,80}-[a-z]{0,5}e[ \t]*["\']?(\/bin\/)?(a|ba)?sh\b/
	condition:
		$a
}
