/* Hidden page with a command line */
rule web_command
{
	meta:
		title = "hidden page with a command line"
		severity = "critical"
		confidence = "high"
		target = "elf, web, script"
		explanation = "The router has a page, in no menu, that runs commands as the all-powerful user."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 78
		reference = "https://cybernews.com/security/walmart-exclusive-routers-others-made-in-china-contain-backdoors-to-control-devices/"
	strings:
		$a = "webcmd.shtml"
	condition:
		$a
}
