/* Container service listens on the network */
rule docker_tcp
{
	meta:
		title = "container service listens on the network"
		severity = "critical"
		confidence = "high"
		target = "script, config"
		explanation = "Whoever reaches this port can start containers with full rights over the device. No password is asked for."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n|ExecStart=|[;&|])[ \t]*(nohup[ \t]+)?(\/usr(\/local)?\/s?bin\/)?dockerd?[ \t][^\n]{0,120}(-H|--host)[ =]["']?tcp:\/\/(0\.0\.0\.0|\[::\])?:237[56]/
		$b = /"hosts"[ ]?:[ ]?\[[^\]\n]{0,80}"tcp:\/\/(0\.0\.0\.0|\[::\])?:2375"/
		$tls = "tlsverify"
	condition:
		any of ($a, $b) and not $tls
}
