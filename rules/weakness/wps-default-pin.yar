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

rule pin_in_program
{
	meta:
		title = "program carries the WPS PIN that everybody knows"
		severity = "medium"
		confidence = "low"
		target = "elf"
		explanation = "12345670 is the WPS PIN of countless devices. Where a program falls back to it, a stranger nearby can join the wireless network."
		ask_vendor = "Does each unit have a PIN of its own, also after a reset?"
		false_alarm = "An example in a help text, or a list of PINs that are refused."
		per = "image"
		cwe = 1392
	strings:
		$pin = "\x0012345670\x00"
		$a = "default_pin" nocase
		$b = "defaultPin" nocase
		$c = "wps_default" nocase
		$d = "pin_default" nocase
	condition:
		$pin and any of ($a, $b, $c, $d)
}
