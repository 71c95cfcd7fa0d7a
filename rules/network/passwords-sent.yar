/* Password file is sent away */
rule shadow_out
{
	meta:
		title = "password file is sent away"
		severity = "critical"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The list of accounts with its password hashes leaves the device."
		ask_vendor = "Who receives the file, and why?"
		cwe = 359
		cwe = 506
	strings:
		$a = /\b(curl|wget|nc|ncat)[ \t][^\n\x00]{0,120}(@|-T[ \t]*|--post-file[= \t]|<[ \t]*)\/etc\/shadow\b/
		$c = /\b(scp|ftpput|ncftpput)[ \t][^\n\x00]{0,60}[ \t]\/etc\/shadow[ \t\n\x00]/
		$b = /\bcat[ \t]+\/etc\/shadow[^\n\x00|]{0,20}\|[^\n\x00]{0,60}\b(nc|ncat|curl|telnet|ssh|mail|sendmail|socat|openssl)[ \t]/
	condition:
		any of them
}
