/* Network traffic is copied to another computer */
rule tcpdump_out
{
	meta:
		title = "network traffic is copied to another computer"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The device records what goes over the network and sends it away."
		ask_vendor = "Who receives the recording, when, and with whose consent?"
		cwe = 359
		cwe = 506
	strings:
		$a = /\btcpdump[ \t][^\n\x00]{0,120}-w[ \t]*-[^\n\x00|]{0,60}\|[^\n\x00]{0,40}\b(nc|ncat|netcat|ssh|curl|socat|telnet|openssl|wget)\b/
		$b = /\b(curl|wget|ftpput|tftp|scp|ncftpput)[ \t][^\n\x00]{0,120}\.p?cap(ng)?\b/
		$t = "tcpdump"
	condition:
		$a or ($b and $t)
}
