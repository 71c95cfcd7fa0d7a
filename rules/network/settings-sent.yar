/* All settings are sent away */
rule nvram_out
{
	meta:
		title = "all settings are sent away"
		severity = "high"
		confidence = "medium"
		target = "script, config, elf"
		explanation = "The settings of the device, with its passwords, leave it over the network."
		ask_vendor = "Who receives the settings, how are they protected on the way, and can the owner forbid it?"
		cwe = 359
	strings:
		$a = /\b(nvram[ \t]+(show|getall|dump)|uci[ \t]+(show|export)|fw_printenv|cfg[ \t]+-x)\b[^\n\x00|]{0,30}\|[^\n\x00]{0,80}\b(nc|ncat|curl|telnet|ftpput|ssh|sendmail|openssl)[ \t]/
	condition:
		$a
}
