/* Hidden web address with factory functions */
rule nat_debug
{
	meta:
		title = "hidden web address with factory functions"
		severity = "high"
		confidence = "high"
		target = "elf, web"
		explanation = "The web server knows an address that no menu shows. Known functions behind it load a program from the network, or erase the radio calibration."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://sekurak.pl/tp-link-httptftp-backdoor/"
	strings:
		$u = "userRpmNatDebugRpm26525557"
	condition:
		$u
}
