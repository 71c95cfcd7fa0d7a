/* Fixed word opens a hidden port of recorders */
rule tvt_guid
{
	meta:
		title = "fixed word opens a hidden port of recorders"
		severity = "critical"
		confidence = "medium"
		target = "elf"
		explanation = "Recorders of many brands answer on a hidden port to whoever sends this fixed word, and then give out the settings or run commands."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://github.com/mcw0/PoC"
	strings:
		$a = "{D79E94C5-70F0-46BD-965B-E17497CCB598}"
	condition:
		$a
}
