/* Messages are hidden in name queries */
rule dns_channel
{
	meta:
		title = "messages are hidden in name queries"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "A tunnel carries data inside requests for host names, which hardly any firewall stops. It is used to hide traffic."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
		cwe = 506
		reference = "https://attack.mitre.org/techniques/T1572/"
	strings:
		$a = /(^|[\n;&|`(]|then|else|do)[ \t]*(\/[a-z\/]{1,20}\/)?(iodine|dns2tcpc|dnscat|dnscat2)[ \t]+-[^\n]{1,120}/
		$b = /(^|[\n;&|`(]|then|else|do)[ \t]*(\/[a-z\/]{1,20}\/)?(ptunnel|ptunnel-ng|hans|icmptunnel)[ \t]+-[^\n]{1,120}/
	condition:
		any of them
}
