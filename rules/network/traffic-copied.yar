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
	condition:
		$a
}

/* Recording of network traffic is sent away */
rule capture_uploaded
{
	meta:
		title = "recording of network traffic is sent away"
		severity = "high"
		confidence = "medium"
		target = "script, config, elf"
		explanation = "A script records what goes over the network into a file and has a command that sends such a file away."
		ask_vendor = "Who receives the recording, when, and with whose consent?"
		false_alarm = "A test that the owner starts, and whose file goes to the owner."
		cwe = 359
	strings:
		$record = /\btcpdump[ \t][^\n\x00]{0,120}-w[ \t]*[^ \t\n\x00-]/
		$send = /\b(curl[ \t][^\n\x00]{0,80}(-T|-F|--upload-file|--data-binary)|wget[ \t][^\n\x00]{0,60}--post-file|ftpput|ncftpput|scp|tftp[ \t][^\n\x00]{0,40}-p)[ =\t][^\n\x00]{0,120}\.p?cap(ng)?\b/
	condition:
		all of them
}
