/* Radio test server of the chip maker is shipped */
rule qcmbr
{
	meta:
		title = "radio test server of the chip maker is shipped"
		severity = "medium"
		confidence = "medium"
		target = "elf"
		explanation = "A server for the factory lets anybody who connects write to the radio's memory and calibration."
		ask_vendor = "Is this server started on shipped devices, and on which interface?"
		cwe = 489
	strings:
		$a = "Qcmbr" fullword
		$b = "Devdrv"
	condition:
		all of them
}
