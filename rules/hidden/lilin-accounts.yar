/* Fixed accounts of recorders */
rule recorder_accounts
{
	meta:
		title = "fixed accounts of recorders"
		severity = "critical"
		confidence = "high"
		target = "elf, config"
		explanation = "The recorder lets two accounts in that the owner cannot see or change. Their passwords are public and used in attacks."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 798
		cwe = 912
		reference = "https://blog.netlab.360.com/multiple-botnets-are-spreading-using-lilin-dvr-0-day-en/"
	strings:
		$a = "icatch99" fullword
		$b = "8Jg0SR8K50" fullword
	condition:
		any of them
}
