/* Downloads from a bare internet address */
rule numeric_host
{
	meta:
		title = "downloads from a bare internet address"
		severity = "medium"
		confidence = "medium"
		target = "script, elf"
		explanation = "A script fetches a file from a number and not from a name. Nobody can tell who it belongs to, and no certificate protects it."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
	strings:
		$a = /(^|[\s;&|(`])(wget|curl|tftp|ftpget|ftp)[ \t][^\n\x00#]{0,120}(https?|ftp):\/\/[1-9][0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/\s]/
		$private = /(^|[\s;&|(`])(wget|curl|tftp|ftpget|ftp)[ \t][^\n\x00#]{0,120}(https?|ftp):\/\/(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.)/
	condition:
		#a > #private
}
