/* Web page that runs what the visitor sends */
rule php_request
{
	meta:
		title = "web page that runs what the visitor sends"
		severity = "critical"
		confidence = "high"
		target = "web, script"
		explanation = "The page hands a part of the web request to the system as a command. Whoever can open the page controls the device."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 78
		cwe = 912
	strings:
		$a = /(system|passthru|shell_exec|popen|proc_open|exec|eval|assert)[ \t]*\([ \t]*@?\$_(GET|POST|REQUEST|COOKIE)\b/
		$page = "<?"
	condition:
		all of them
}
