/* Script runs the text of a web address */
rule query_eval
{
	meta:
		title = "script runs the text of a web address"
		severity = "critical"
		confidence = "high"
		target = "script"
		explanation = "A script of the web server runs what stands behind the question mark of the address as a command."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 78
		cwe = 912
	strings:
		$a = /\beval[ \t]+["\']?\$\{?(QUERY_STRING|HTTP_USER_AGENT|HTTP_COOKIE|PATH_INFO)\b/
	condition:
		$a
}
