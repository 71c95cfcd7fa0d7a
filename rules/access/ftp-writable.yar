/* File transfer gives write access to everything */
rule ftp_root
{
	meta:
		title = "file transfer gives write access to everything"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "The FTP server is started so that it shows and changes the whole file system without a password."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
		cwe = 732
	strings:
		$a = /\btcpsvd[ \t][^\n]{0,80}\bftpd[ \t]+(-[a-zA-Z]{1,4}[ \t]+){0,3}-w[ \t]+(-[a-zA-Z]{1,4}[ \t]+){0,3}\/([ \t\n;&]|$)/
		$b = /(^|\n)[ \t]*(\d+|ftp)[ \t]+stream[ \t]+tcp[^\n]{0,60}ftpd[ \t]+-w[ \t]+\/[ \t]*(\n|$)/
	condition:
		any of them
}
