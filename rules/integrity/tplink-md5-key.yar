/* Firmware is "signed" with a public constant */
rule public_salt
{
	meta:
		title = "firmware is \"signed\" with a public constant"
		severity = "high"
		confidence = "high"
		target = "elf"
		explanation = "The check of a new firmware is a checksum with a key that stands in every unit and is published. It protects against accidents and not against an attacker."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
		cwe = 321
		reference = "https://github.com/openwrt/firmware-utils/blob/master/src/mktplinkfw.c"
	strings:
		$normal = { dc d7 3a a5 c3 95 98 fb dd f9 e7 f4 0e ae 47 38 }
		$boot = { 8c ef 33 5b d5 c5 ce fa a7 9c 28 da b2 e9 0f 42 }
	condition:
		any of them
}
