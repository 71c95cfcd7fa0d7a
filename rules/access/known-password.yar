/* Password of many cameras and recorders */
rule camera_password
{
	meta:
		title = "password of many cameras and recorders"
		severity = "critical"
		confidence = "high"
		target = "elf, config, script"
		explanation = "The program contains a root password or its hash that is public and used in attacks against cameras and recorders."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 798
	strings:
		$a = "xmhdipc" fullword
		$b = "absxcfbgXtb3o"
	condition:
		any of them
}
