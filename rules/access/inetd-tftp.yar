/* File transfer without password, writable, as root */
rule tftp_root
{
	meta:
		title = "file transfer without password, writable, as root"
		severity = "low"
		confidence = "high"
		target = "config, script"
		explanation = "TFTP asks for no password. Here it runs as the all-powerful user and lets files be created."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n)[ \t]*(tftp|69)[ \t]+dgram[ \t]+udp6?[ \t]+n?o?wait[ \t]+root[^\n]{0,80}[ \t]-c\b/
	condition:
		$a
}
