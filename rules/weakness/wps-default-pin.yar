/* Settings contain the WPS PIN that everybody knows */
rule default_pin
{
	meta:
		title = "settings contain the WPS PIN that everybody knows"
		severity = "medium"
		confidence = "medium"
		target = "config, script"
		explanation = "With this PIN a stranger nearby can join the wireless network."
		ask_vendor = "Does each unit have a PIN of its own?"
		cwe = 1392
	strings:
		$a = /(^|\n)[ \t]*[A-Za-z_]{0,24}(wps|wsc)[A-Za-z_]{0,16}pin[A-Za-z_]{0,8}[ \t]*=[ \t]*["\']?12345670\b/ nocase
	condition:
		$a
}
