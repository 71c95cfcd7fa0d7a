/* Settings can be changed with a default SNMP password */
rule rw_community
{
	meta:
		title = "settings can be changed with a default SNMP password"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "The management service SNMP accepts changes from the network with a word that everybody knows."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 1188
	strings:
		$a = /(^|\n)[ \t]*rwcommunity6?[ \t]+(private|public|admin)\b/
	condition:
		$a
}
