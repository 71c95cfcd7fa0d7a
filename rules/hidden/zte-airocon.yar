/* Telnet password made from the device number */
rule airocon
{
	meta:
		title = "telnet password made from the device number"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The telnet password is the end of the device's network address followed by a fixed word. Whoever sees the device in the network knows it."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "CVE-2014-0329"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2014-0329"
	strings:
		$a = /[%0-9a-zA-Z.]{0,16}airocon\x00/
	condition:
		$a
}
