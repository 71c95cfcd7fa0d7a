/* Program is packed */
rule upx_info
{
	meta:
		title = "program is packed"
		severity = "low"
		confidence = "high"
		target = "elf"
		explanation = "The program unpacks itself when it starts, so that it cannot be read as it lies there."
		ask_vendor = "Can you supply the program unpacked?"
		cwe = 1059
	strings:
		$a = "UPX!"
		$b = "This file is packed with the UPX executable packer"
	condition:
		all of them
}
