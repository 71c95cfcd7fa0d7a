/* Firmware is fetched unencrypted and written */
rule flash_plain
{
	meta:
		title = "firmware is fetched unencrypted and written"
		severity = "high"
		confidence = "medium"
		target = "script"
		explanation = "A script loads a file over an unprotected connection and writes it to the flash memory. Somebody on the way can send different firmware."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 494
		cwe = 319
	strings:
		$get = /\b(wget|curl|tftp|ftpget)[ \t][^\n]{0,200}\b(http|ftp):\/\/[^\n]{4,160}\.(bin|img|trx|fw|chk|ubi|squashfs|itb)\b/
		$tftp = /\btftp[ \t][^\n]{0,60}-g[ \t][^\n]{0,100}\.(bin|img|trx|fw)\b/
		$write = /(^|[\n;&|]|then|else|do)[ \t]*(\/(usr\/)?s?bin\/)?(mtd[ \t]+(-[a-z]{1,2}[ \t]+){0,3}write|mtd_write|sysupgrade|flashcp|nandwrite|flash_eraseall|upgradetool|fwupgrade|dd[ \t]+if=[^\n]{1,60}of=\/dev\/mtd)/
		$check = /\b(openssl[ \t]+dgst[^\n]{0,60}-verify|usign[ \t]+-V|gpgv?[ \t][^\n]{0,40}|ucert|signify[ \t]+-V)\b/
	condition:
		any of ($get, $tftp) and $write and not $check
}
