/* Factory page runs a part of the web request */
rule wr_mfg_data
{
	meta:
		title = "factory page runs a part of the web request"
		severity = "critical"
		confidence = "high"
		target = "web, script"
		explanation = "Pages for the factory put a value of the web request into a command, without login."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 78
		cwe = 306
		reference = "CVE-2016-1555"
		reference = "https://nvd.nist.gov/vuln/detail/CVE-2016-1555"
	strings:
		$cmd = /exec[ ]?\([^\n]{0,20}wr_mfg_data[^\n]{0,60}\$_REQUEST/
	condition:
		$cmd
}
