/* Update is installed although its check failed */
rule sysupgrade_force
{
	meta:
		title = "update is installed although its check failed"
		severity = "medium"
		confidence = "medium"
		target = "script"
		explanation = "The update program is told to install the file even if it is for another device or damaged."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 347
	strings:
		$a = /(^|[\n;&|]|then|else|do)[ \t]*(\/sbin\/)?sysupgrade[ \t]+([^\n#;|&]{0,60}[ \t])?(-F|--force)\b/
		$b = /\bopkg[ \t][^\n#;|&]{0,80}--(no-check-certificate|force-signature|no-check-signature)\b/
		$c = /\bapt(-get)?[ \t][^\n#;|&]{0,100}--(allow-unauthenticated|force-yes)\b/
	condition:
		any of them
}
