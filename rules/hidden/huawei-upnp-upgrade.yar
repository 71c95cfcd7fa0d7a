/* Network request is put into the update command */
rule upgrade_command
{
	meta:
		title = "network request is put into the update command"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The program that answers UPnP requests puts an address from the request into a command, unchecked and without login. The Satori bot network has taken over hundreds of thousands of devices this way."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 78
		cwe = 306
		reference = "CVE-2017-17215"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2017-17215"
	strings:
		$a = "upg -g -U %s"
		$s = "-c upnp"
	condition:
		all of them
}
