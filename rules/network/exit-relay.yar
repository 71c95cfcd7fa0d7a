/* Device is made into a relay for strangers */
rule proxy_started
{
	meta:
		title = "device is made into a relay for strangers"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "A proxy listens on all addresses without a password. Strangers can use the owner's connection, and crimes seem to come from it."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
		cwe = 306
	strings:
		$a = /(^|[\n;&|]|then|else|do)[ \t]*(\/[a-z\/]{1,20}\/)?(3proxy|microsocks|srelay|dante|sockd)[ \t]+[^\n#]{0,60}(-p|-i[ \t]*0\.0\.0\.0)[ \t]*[0-9]{2,5}\b/
		$auth = /\b(microsocks|srelay)[ \t][^\n#]{0,80}-(u|P|a)[ \t]*[A-Za-z0-9$]/
	condition:
		$a and not $auth
}
