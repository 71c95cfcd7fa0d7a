/* Hidden page with a command line and a fixed password */
rule osteam
{
	meta:
		title = "hidden page with a command line and a fixed password"
		severity = "critical"
		confidence = "high"
		target = "elf, web"
		explanation = "The web server has a page for shell commands that no menu shows. Its user name and password are the same in every unit and public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://sekurak.pl/tp-link-httptftp-backdoor/"
	strings:
		$u = "osteam" fullword
		$p = "5up" fullword
		$page = "linux_cmdline.html"
	condition:
		$u and ($p or $page)
}
