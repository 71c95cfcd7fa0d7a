/* Button of the case opens a remote command line */
rule gpio_telnet
{
	meta:
		title = "button of the case opens a remote command line"
		severity = "high"
		confidence = "low"
		target = "script"
		explanation = "A script watches a button or pin and can start telnet, SSH or a debug bridge. Such combinations are seldom in the manual."
		ask_vendor = "Which button or pin is this, and is the function documented?"
		cwe = 912
	strings:
		$g1 = /\/sys\/class\/gpio\/gpio[0-9${]/
		$g2 = /\bgpio[ \t]+(get|-r|r|i)[ \t]+[0-9]{1,3}/
		$e = /(^|[\n;&|]|then|else|do)[ \t]*(\/(usr\/)?s?bin\/)?(busybox[ \t]+)?(telnetd|utelnetd|dropbear|adbd)\b/
		$s = "sleep"
	condition:
		any of ($g*) and $e and $s
}
