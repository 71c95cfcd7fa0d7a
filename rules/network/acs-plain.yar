/* Management server is reached without encryption */
rule acs_http
{
	meta:
		title = "management server is reached without encryption"
		severity = "medium"
		confidence = "high"
		target = "config"
		explanation = "The provider's server may change settings and firmware. The connection to it is neither encrypted nor checked, so somebody on the way can take its place."
		ask_vendor = "Why is the management connection not encrypted?"
		cwe = 319
	strings:
		$c = /(^|\n)[ \t]*config[ \t]+["']?acs\b/
		$u = /(^|\n)[ \t]*option[ \t]+["']?url["']?[ \t]+["']?http:\/\/[A-Za-z0-9]/
		$x = /<(URL|ManagementServer[^>\n]{0,20})>[ ]?http:\/\/[^<\n]{0,80}(acs|cwmp|tr069|:7547|:9675)[^<\n]{0,40}</ nocase
	condition:
		($c and $u) or $x
}
